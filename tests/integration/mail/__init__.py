"""Mails that leave this machine, and what they tell."""
