"""Keys, certificates, assertions, and how secrets are kept. No network, no database."""
