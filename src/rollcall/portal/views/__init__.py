"""The views, a module for each corner of the portal."""
