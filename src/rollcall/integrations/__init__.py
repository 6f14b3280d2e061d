"""A tenant's link to its directory: settings, key pairs, memory, runs."""
