"""The tenants app, as far as it decides without a database."""
