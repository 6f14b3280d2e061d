"""What becomes of a directory's extensions when the integration behind them is reset."""

from datetime import datetime
from typing import Final

import msgspec
from django.db.models import Q, QuerySet

from rollcall.telephony.models import Extension

RESET: Final = "reset"
"""Why an extension is blocked whose directory is not connected any more."""


class DirectoryExtensions(msgspec.Struct, frozen=True):
    """How many extensions follow a directory. `waiting` were blocked by a reset before, `blocked`
    are those of leavers, `deleted` ones are kept for their persons only."""

    working: int
    waiting: int
    blocked: int
    deleted: int

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return bool(self.working or self.waiting or self.blocked or self.deleted)


def count_directory_extensions(tenant_id: int) -> DirectoryExtensions:
    """Count the extensions of a tenant that follow a directory and have a number."""
    there = _numbered(tenant_id).filter(deleted_at__isnull=True)
    blocked = there.filter(state=Extension.State.BLOCKED)
    return DirectoryExtensions(
        working=there.filter(state=Extension.State.ACTIVE).count(),
        waiting=blocked.filter(blocked_reason=RESET).count(),
        blocked=blocked.exclude(blocked_reason=RESET).count(),
        deleted=_numbered(tenant_id).filter(deleted_at__isnull=False).count(),
    )


def make_local(tenant_id: int) -> None:
    """Let all extensions of a directory go on as hand-made ones, with their numbers.

    Those that a reset before had blocked work again; leavers stay blocked. What was only kept for
    somebody's return goes: numbers of extensions that were deleted by hand, and the memory of
    numbers that were given back.
    """
    rows = _of_directory(tenant_id)
    gone = Q(deleted_at__isnull=False) | Q(state=Extension.State.RELEASED)
    rows.filter(gone).delete()
    waiting = rows.filter(state=Extension.State.BLOCKED, blocked_reason=RESET)
    waiting.update(state=Extension.State.ACTIVE, blocked_at=None, blocked_reason="")
    rows.update(source=Extension.Source.LOCAL, directory_object_id=None, principal_name="")


def block_all(tenant_id: int, *, now: datetime) -> None:
    """Block all extensions of a directory. They stay linked, and each keeps its number."""
    working = _of_directory(tenant_id).filter(state=Extension.State.ACTIVE, deleted_at__isnull=True)
    working.update(state=Extension.State.BLOCKED, blocked_at=now, blocked_reason=RESET)


def _numbered(tenant_id: int) -> "QuerySet[Extension]":
    return _of_directory(tenant_id).exclude(state=Extension.State.RELEASED)


def _of_directory(tenant_id: int) -> "QuerySet[Extension]":
    return Extension.objects.of(tenant_id).filter(source=Extension.Source.MICROSOFT365)
