"""Whole nights: many tenants, several workers, and whatever may happen to them."""
