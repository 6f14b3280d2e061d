"""Pages of calls: the trunk, its numbers, the lists of calls."""
