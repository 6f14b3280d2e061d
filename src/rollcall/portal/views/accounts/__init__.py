"""Accounts of others: a tenant's, for its administrators, and those of the system."""
