"""The page Microsoft 365 Integration: its tabs, the status over them, and its runs."""
