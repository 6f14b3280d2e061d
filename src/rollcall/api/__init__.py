"""The REST API: what the commands do for a tenant, for programs, with a token."""
