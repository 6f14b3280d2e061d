"""PostgreSQL, in sets: what the engine's store port asks for, by COPY and named statements."""
