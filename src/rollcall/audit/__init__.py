"""Who did what. Entries are only ever added."""
