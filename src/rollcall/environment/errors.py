"""What is said when the configuration of a machine cannot be used."""


class ConfigurationError(Exception):
    """A setting is wrong: one sentence with its name, where it stands, and what would be right."""
