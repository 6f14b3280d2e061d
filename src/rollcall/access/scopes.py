"""What a token allows, scope by scope."""

from enum import StrEnum
from typing import Final


class Scope(StrEnum):
    """One thing that a token allows. Whoever may change something need not be able to read it."""

    READ = "read"
    EXTENSIONS_WRITE = "extensions:write"
    CONTACTS_WRITE = "contacts:write"
    INTEGRATION_WRITE = "integration:write"
    RUNS_WRITE = "runs:write"
    PHONES_WRITE = "phones:write"
    TRUNK_WRITE = "trunk:write"
    CALLS_READ = "calls:read"
    AUDIT_READ = "audit:read"
    SYSTEM_READ = "system:read"
    SYSTEM_WRITE = "system:write"


OF_SYSTEM: Final = (Scope.SYSTEM_READ, Scope.SYSTEM_WRITE)
"""Scopes of tokens that are no tenant's."""

OF_TENANT: Final = tuple(scope for scope in Scope if scope not in OF_SYSTEM)
"""Scopes of a tenant's tokens."""
