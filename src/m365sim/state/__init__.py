"""What exists in the simulated directories, and the record of what changed. Knows no HTTP."""
