"""The addresses of each corner of the portal."""
