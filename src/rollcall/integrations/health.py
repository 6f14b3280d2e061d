"""How the integrations of all tenants are, for the provider: one state each, the worst first.

Read as the system role, in one statement however many tenants there are. What is in it is no
tenant's secret: no name of a person, no sentence of a report.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import msgspec
from django.db import connection

from rollcall.credentials.keypair import days_left
from rollcall.tenants.statements import fetch, load_statements

LATE: Final = timedelta(minutes=10)
SOON: Final = timedelta(days=30)
"""A certificate that ends sooner than this needs a hand."""

RECENT: Final = timedelta(days=40)
"""A failure before that, with no run since, is nothing that goes on."""

MOST: Final = 100_000
"""Tenants in one answer."""


class Health(StrEnum):
    """The states, the worst first: the order in which tenants are listed."""

    EXPIRED = "expired"
    FAILING = "failing"
    OVERDUE = "overdue"
    HELD = "held"
    PERMISSION = "permission"
    TRUNK = "trunk"
    EXPIRING = "expiring"
    NOT_CONNECTED = "not-connected"
    PAUSED = "paused"
    CONNECTED = "connected"
    SUSPENDED = "suspended"


NEEDS_ACTION: Final = frozenset(
    {
        Health.EXPIRED,
        Health.FAILING,
        Health.OVERDUE,
        Health.HELD,
        Health.PERMISSION,
        Health.TRUNK,
        Health.EXPIRING,
    }
)
"""In these, somebody has to do something. A pause and a suspension are somebody's wish."""


class SortBy(StrEnum):
    """By what the tenants are sorted; by their state is the worst first."""

    STATE = "state"
    TENANT = "tenant"
    SUCCESS = "success"
    NEXT = "next"
    LAG = "lag"
    PEOPLE = "people"
    HELD = "held"
    THROTTLED = "throttled"
    CERTIFICATE = "certificate"
    PERMISSION = "permission"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which tenants, and in which order. No states: all of them."""

    states: frozenset[Health] = frozenset()
    search: str = ""
    sort: SortBy = SortBy.STATE
    down: bool = False
    skip: int = 0
    limit: int = MOST


class TenantHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How one tenant is.

    `missed` scheduled times passed since the last success; None where none is due. A `missing`
    permission of “?” is one that Microsoft did not name. `trunk` is the state of the way to the
    telephone network, None where there is none or nothing is known of it.
    """

    slug: str
    name: str
    sip_domain: str
    directory_domain: str
    health: Health
    succeeded_at: datetime | None
    next_at: datetime | None
    missed: int | None
    people: int
    held_run: int | None
    throttled_seconds: float | None
    certificate_ends: datetime | None
    missing: tuple[str, ...]
    error_code: str | None
    failing_since: datetime | None
    trunk: str | None

    def days_left(self, now: datetime) -> int | None:
        """Return for how many days the certificate in use is valid yet; negative if expired."""
        return days_left(self.certificate_ends, now) if self.certificate_ends else None


class HealthTable(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the table: `counts` are those of all tenants, `found` those that are wanted."""

    rows: tuple[TenantHealth, ...]
    found: int
    counts: Mapping[Health, int]

    @property
    def tenants(self) -> int:
        """How many tenants there are."""
        return sum(self.counts.values())

    @property
    def in_need(self) -> int:
        """How many of them need a hand."""
        return sum(count for state, count in self.counts.items() if state in NEEDS_ACTION)


def read_health(wanted: Wanted, *, now: datetime) -> HealthTable:
    """Return how the wanted tenants are, as the system role in its transaction."""
    return _read(wanted, tenant_id=None, now=now)


def health_of(tenant_id: int, *, now: datetime) -> TenantHealth | None:
    """Return how one tenant is, as the system role; None when it is gone."""
    rows = _read(Wanted(limit=1), tenant_id=tenant_id, now=now).rows
    return rows[0] if rows else None


def _read(wanted: Wanted, *, tenant_id: int | None, now: datetime) -> HealthTable:
    values: dict[str, Any] = {
        "tenant": tenant_id,
        "now": now,
        "late": LATE,
        "soon": SOON,
        "recent": RECENT,
        "order": [state.value for state in Health],
        "states": sorted(wanted.states),
        "search": wanted.search.strip().lower(),
        "sort": wanted.sort.value,
        "down": wanted.down,
        "skip": wanted.skip,
        "limit": wanted.limit,
    }
    with connection.cursor() as cursor:
        # JIT would take longer to compile the statement than it takes to run.
        cursor.execute("SET LOCAL jit = off")
        cursor.execute(load_statements("rollcall.integrations", "health.sql")["tenants"], values)
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return HealthTable(
        rows=tuple(msgspec.convert(row, TenantHealth) for row in rows if row["slug"] is not None),
        found=int(rows[0]["found"]),
        counts=_counts(rows[0]["states"]),
    )


def _counts(states: str | Mapping[str, int]) -> Mapping[Health, int]:
    found = msgspec.json.decode(states) if isinstance(states, str) else states
    return {state: int(found[state.value]) for state in Health if state.value in found}


class Glance(msgspec.Struct, frozen=True):
    """What belongs to a tenant, as far as it is quickly counted."""

    extensions: int
    administrators: int


class Belongings(msgspec.Struct, frozen=True):
    """What goes with a tenant. Of contacts, nothing but their number is known here."""

    extensions: int
    contacts: int
    accounts: int
    runs: int
    key_pairs: int


def glance_at(tenant_id: int) -> Glance:
    """Return how many extensions and administrators a tenant has."""
    return Glance(*_ask("glance", {"tenant": tenant_id})[0])


def belongings_of(tenant_id: int) -> Belongings:
    """Count what belongs to a tenant and would go with it."""
    return Belongings(*_ask("belongings", {"tenant": tenant_id})[0])


def tenants_by_cloud() -> Mapping[str, int]:
    """Return how many tenants' directories are in each cloud, by its name."""
    return {name: int(count) for name, count in _ask("clouds", {})}


def _ask(name: str, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
    return fetch(load_statements("rollcall.integrations", "health.sql")[name], values)
