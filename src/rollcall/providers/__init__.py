"""Directories over HTTP: each provider maps its own words to our records."""
