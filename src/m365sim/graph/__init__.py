"""The simulated Graph: users, contacts, photos, groups and batches below /v1.0. Contract c to g."""
