"""Which processes of Rollcall are alive, on whatever machine."""
