"""Tokens of the API: who made them, what they allow, until when. Not how people sign in."""
