"""How trunks are, as the switch finds them: asked of it, and written down."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

from rollcall.sip.carrier_dns import Hop
from rollcall.sip.trunks import (
    REGISTRATION,
    TrunkFacts,
    TrunkReading,
    read_trunk,
    registered_as,
    registration_name,
)
from rollcall.tenants.statements import fetch, load_statements

SQL: Final = load_statements("rollcall.calling", "trunk_states.sql")

Ask = Callable[..., object]
"""Asks the switch by JSON-RPC; what it does not have is no mapping."""


def trunk_states(
    facts: Iterable[TrunkFacts], *, hops: Mapping[int, tuple[Hop, ...]], ask: Ask
) -> tuple[TrunkReading, ...]:
    """Return how the trunks in use are, as far as there is news."""
    readings = (
        _read(fact, known=hops.get(fact.tenant_id, ()), ask=ask) for fact in facts if fact.kind
    )
    return tuple(reading for reading in readings if reading is not None)


def save_trunk_states(readings: Iterable[TrunkReading], *, now: datetime) -> None:
    """Write down how trunks are. `since` stays while the state does."""
    rows = list(readings)
    values = {
        "tenants": [row.tenant_id for row in rows],
        "states": [row.state for row in rows],
        "details": [row.detail for row in rows],
        "now": now,
    }
    fetch(SQL["save"], values)


def _read(fact: TrunkFacts, *, known: tuple[Hop, ...], ask: Ask) -> TrunkReading | None:
    registration: object = None
    answer: object = None
    if fact.kind == REGISTRATION and known:
        name = registration_name(fact.tenant_id)
        registration = ask("uac.reg_info", "l_uuid", name)
        answer = ask("htable.get", "registrar", registered_as(fact))
    return read_trunk(
        fact,
        known=known,
        registration=registration if isinstance(registration, Mapping) else None,
        answer=_value(answer),
    )


def _value(answer: object) -> str:
    """Return the value in an answer of htable.get, "" where there is none."""
    item = answer.get("item") if isinstance(answer, Mapping) else None
    value = item.get("value") if isinstance(item, Mapping) else None
    return value if isinstance(value, str) else ""
