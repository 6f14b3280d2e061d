"""Whether Rollcall is well, for those who watch it: /healthz, /readyz, /metrics. No tables."""
