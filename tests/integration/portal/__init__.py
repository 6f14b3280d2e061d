"""The pages, asked for through Django's own client and a real database."""
