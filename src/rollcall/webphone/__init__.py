"""The web phone: a page of one's own, made for a phone first. It knows nothing of the portal."""
