"""A real browser on a real service: what a person sees, at a desk and on a phone."""
