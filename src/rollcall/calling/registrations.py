"""Where phones are: what the switch wrote down of their registrations (schema `sip`).

A registration is one phone's address, for a while. The switch writes it with the user name that
the phone signed in with, so that one phone of an extension can be told from another.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Final

import msgspec

from rollcall.tenants.statements import fetch, load_statements

SQL: Final = load_statements("rollcall.calling", "registrations.sql")


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """A phone that can be called. `kind` is desk or web; `device_id` is a desk phone's.

    `address` is where it was seen (address and port, with how it speaks), `agent` what it says it
    is, `renewed_at` when it last said that it is there.
    """

    kind: str
    device_id: int | None
    username: str
    address: str
    transport: str
    agent: str
    renewed_at: datetime
    expires_at: datetime


class StaleRegistration(msgspec.Struct, frozen=True):
    """A registration whose credentials live no more: the switch is to forget it."""

    domain: str
    number: str
    contact: str
    ruid: str


def registered_numbers(tenant_id: int, numbers: Iterable[str | int]) -> frozenset[str]:
    """Return those of some extension numbers that can be called now, in one query."""
    wanted = sorted({str(number) for number in numbers})
    if not wanted:
        return frozenset()
    values = {"tenant": tenant_id, "numbers": wanted, "now": _as_switch(datetime.now(UTC))}
    return frozenset(number for (number,) in fetch(SQL["registered"], values))


def registrations_of(tenant_id: int, extension_id: int) -> tuple[Registration, ...]:
    """Return the registrations of an extension, desk phones first, in one query."""
    return registrations_by_extension(tenant_id, [extension_id]).get(extension_id, ())


def registrations_by_extension(
    tenant_id: int, extension_ids: Collection[int]
) -> dict[int, tuple[Registration, ...]]:
    """Return the registrations of some extensions by their ids, in one query."""
    values = {
        "tenant": tenant_id,
        "extensions": list(extension_ids),
        "now": _as_switch(datetime.now(UTC)),
    }
    found: dict[int, tuple[Registration, ...]] = {}
    for row in fetch(SQL["of_extensions"], values):
        extension_id, kind, device_id, username, seen, agent, renewed, expires = row
        address, transport = _read_address(seen)
        registration = Registration(
            kind=kind,
            device_id=device_id,
            username=username,
            address=address,
            transport=transport,
            agent=agent,
            renewed_at=renewed.replace(tzinfo=UTC),
            expires_at=expires.replace(tzinfo=UTC),
        )
        found[extension_id] = (*found.get(extension_id, ()), registration)
    return found


def list_stale(now: datetime) -> tuple[StaleRegistration, ...]:
    """Return what is registered, of all tenants, and must not be any more. For the switch."""
    rows = fetch(SQL["stale"], {"now": _as_switch(now)})
    return tuple(StaleRegistration(*row) for row in rows)


def _as_switch(moment: datetime) -> datetime:
    """Return a moment as the switch writes it: in UTC, without saying so."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _read_address(uri: str) -> tuple[str, str]:
    """Return address and transport of `sip:[user@]address:port;transport=tls`."""
    place, _, parameters = uri.removeprefix("sips:").removeprefix("sip:").partition(";")
    _, _, address = place.rpartition("@")
    words = dict(word.partition("=")[::2] for word in parameters.lower().split(";"))
    return address, words.get("transport", "udp")
