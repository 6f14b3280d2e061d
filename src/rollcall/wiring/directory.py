"""Look people and mailboxes up while somebody types: in the live directory, else in memory.

No transaction is open while Microsoft is asked. What the answer rests on is said with it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Final

import msgspec
import structlog

from rollcall.core.errors import SyncError
from rollcall.core.records import UserRecord
from rollcall.integrations.directory import recognised, search_stored, shared_candidates
from rollcall.integrations.queries import IntegrationView, list_key_pairs
from rollcall.providers.m365.source import M365Source
from rollcall.wiring.check import open_directory
from rollcall.wiring.machine import Machine
from rollcall.wiring.settings import to_application
from rollcall.wiring.sync import run_async
from rollcall.wiring.vault import SealedVault

_log = structlog.get_logger(__name__)

MOST: Final = 20
MOST_CANDIDATES: Final = 50
PATIENCE: Final = 5.0
"""Seconds that Microsoft gets to answer somebody who types."""


class Trouble(StrEnum):
    """Why the live directory did not answer."""

    NONE = ""
    NOT_CONNECTED = "not-connected"
    SLOW = "slow"
    REFUSED = "refused"


class FoundPerson(msgspec.Struct, frozen=True):
    """Somebody who may be meant. `shared` is what the directory said of the mailbox."""

    object_id: str
    name: str
    address: str
    email: str
    enabled: bool
    guest: bool
    shared: bool


class Findings(msgspec.Struct, frozen=True):
    """What a search came to; with a `trouble`, it is what was last read, and `detail` says why."""

    people: tuple[FoundPerson, ...]
    trouble: Trouble = Trouble.NONE
    detail: str = ""
    more: bool = False


def search_people(
    machine: Machine,
    integration: IntegrationView,
    text: str,
    *,
    mailboxes: bool = False,
    patience: float = PATIENCE,
) -> Findings:
    """Return the first people whose name or address begins so; `mailboxes` have an address."""

    async def ask(source: M365Source) -> list[UserRecord]:
        return await source.search.find(text, most=MOST + 1)

    live, trouble, detail = _ask(machine, integration, ask, patience)
    if live is None:
        live = search_stored(integration.tenant_id, text, most=MOST + 1)
    if mailboxes:
        live = [record for record in live if record.email]
    return _findings(integration.tenant_id, live[: MOST + 1], MOST, trouble, detail)


def find_candidates(
    machine: Machine, integration: IntegrationView, *, patience: float = PATIENCE
) -> Findings:
    """Return those whose mailbox is, or may be, shared: from memory, before that from Microsoft."""
    most = MOST_CANDIDATES
    stored = shared_candidates(integration.tenant_id, most=most + 1)
    if stored:
        return _findings(integration.tenant_id, stored, most, Trouble.NONE, "")

    async def ask(source: M365Source) -> list[UserRecord]:
        return await source.search.find_disabled(most=10 * most)

    live, trouble, detail = _ask(machine, integration, ask, patience)
    likely = [record for record in live or () if record.email and not record.licensed]
    return _findings(integration.tenant_id, likely, most, trouble, detail)


def _ask(
    machine: Machine,
    integration: IntegrationView,
    ask: Callable[[M365Source], Awaitable[list[UserRecord]]],
    patience: float,
) -> tuple[list[UserRecord] | None, Trouble, str]:
    if not any(key.state == "active" for key in list_key_pairs(integration.tenant_id)):
        return None, Trouble.NOT_CONNECTED, ""

    async def answered() -> list[UserRecord]:
        async with (
            asyncio.timeout(patience),
            open_directory(machine, integration, application, SealedVault) as source,
        ):
            return await ask(source)

    try:
        application = to_application(machine, integration, machine.key_ring())
        return run_async(answered), Trouble.NONE, ""
    except TimeoutError:
        _log.warning("search.slow", tenant_id=integration.tenant_id)
        return None, Trouble.SLOW, ""
    except SyncError as error:
        _log.warning("search.refused", tenant_id=integration.tenant_id, code=error.code)
        return None, Trouble.REFUSED, str(error)


def _findings(
    tenant_id: int, records: list[UserRecord], most: int, trouble: Trouble, detail: str
) -> Findings:
    shown = records[:most]
    shared = recognised(tenant_id, [record.source_id for record in shown])
    people = tuple(
        FoundPerson(
            object_id=record.source_id,
            name=record.display_name or record.principal_name or record.source_id,
            address=record.principal_name or record.email,
            email=record.email,
            enabled=record.enabled,
            guest=record.guest,
            shared=record.source_id in shared,
        )
        for record in shown
    )
    return Findings(people, trouble, detail, more=len(records) > most)
