"""The composition root: the only place that knows a provider, a store and a settings row."""
