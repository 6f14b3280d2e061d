"""The tests. Packages, so that they can share what they need."""
