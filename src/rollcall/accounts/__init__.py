"""Who signs in: accounts, what proves that it is them, and their sessions."""
