"""How Django is put together. Imported by name only; nothing imports this package."""
