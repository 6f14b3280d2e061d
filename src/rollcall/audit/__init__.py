"""Who did what. Entries are added and, when they have been kept long enough, deleted."""
