"""The upgrade of a database: what is missing, who still runs another version, and doing it."""

from importlib.metadata import version

import msgspec
from django.db.utils import ProgrammingError

from rollcall.audit.operations import note
from rollcall.fleet.queries import ProcessView, living_processes
from rollcall.host.schema import (
    Tell,
    apply_migrations,
    pending_migrations,
    plain_failures,
    refuse_newer,
    unknown_migrations,
)


class UpgradeView(msgspec.Struct, frozen=True):
    """What an upgrade did (`applied`) or has to do (`pending`), and who runs another version."""

    version: str
    applied: tuple[str, ...]
    pending: tuple[str, ...]
    others: tuple[ProcessView, ...]


def look_at_upgrade() -> UpgradeView:
    """Return what an upgrade would do."""
    with plain_failures():
        refuse_newer(unknown_migrations())
        return _view(applied=[])


def upgrade(*, actor: str, tell: Tell) -> UpgradeView:
    """Bring the tables up to this version, beside the one before. Safe to repeat, and at once."""
    with plain_failures():
        refuse_newer(unknown_migrations())
        applied = apply_migrations(tell)
        if applied:
            note(
                actor=actor,
                action="database.upgraded",
                subject=version("rollcall"),
                detail={"migrations": applied},
            )
        return _view(applied=applied)


def _view(*, applied: list[str]) -> UpgradeView:
    own = version("rollcall")
    return UpgradeView(
        version=own,
        applied=tuple(applied),
        pending=tuple(pending_migrations()),
        others=tuple(each for each in living_or_none() if each.version != own),
    )


def living_or_none() -> list[ProcessView]:
    """Return the processes that are alive; none where the table for them is older than that."""
    try:
        return living_processes()
    except ProgrammingError:
        return []
