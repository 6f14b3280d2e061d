"""Phones, trunks and calls in the database, without a switch: it is played by its own role."""
