"""What a machine is told: ROLLCALL_… variables and rollcall.toml, read once, as one frozen value.

It knows nothing of Django, the database or the network. The table in `settings` is the only list
of what can be set.
"""

from rollcall.environment.errors import ConfigurationError
from rollcall.environment.reading import read_environment
from rollcall.environment.settings import (
    CLOUD_SETTINGS,
    CLOUD_SWITCHES,
    SETTINGS,
    Setting,
    Switch,
)
from rollcall.environment.values import (
    Environment,
    HostPort,
    OperatorCloud,
    PortRange,
    PrivateUrl,
)

__all__ = [
    "CLOUD_SETTINGS",
    "CLOUD_SWITCHES",
    "SETTINGS",
    "ConfigurationError",
    "Environment",
    "HostPort",
    "OperatorCloud",
    "PortRange",
    "PrivateUrl",
    "Setting",
    "Switch",
    "read_environment",
]
