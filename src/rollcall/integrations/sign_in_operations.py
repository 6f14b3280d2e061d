"""What a run leaves to do for signing in: bind lines of lists, learn domains, settle sessions."""

from collections.abc import Mapping
from typing import Any, Final

from rollcall.integrations.directory import match_stored
from rollcall.integrations.domains import refresh_domains
from rollcall.integrations.models import DirectoryDomain, ListEntry
from rollcall.integrations.operations import bind_lines
from rollcall.integrations.queue import when_committed
from rollcall.integrations.rules import ADMINISTRATORS
from rollcall.integrations.settling import settle_sign_ins

LISTS: Final = (ListEntry.Subject.SIGN_IN.value, ADMINISTRATORS)

CHANGING: Final = ("created", "linked", "changed", "returned", "released")
"""What may bring a domain, or take one."""


def follow_run(tenant_id: int, counts: Mapping[str, Any]) -> None:
    """Do that once what was applied is committed. `counts` are those of the run, by stage.

    A night in which no person changed costs the look at the lists, and no more.
    """
    changed = any(dict(counts.get("users") or {}).get(name) for name in CHANGING)
    when_committed(lambda: _follow(tenant_id, changed=changed))


def _follow(tenant_id: int, *, changed: bool) -> None:
    bind_entry_lists(tenant_id)
    if changed or not DirectoryDomain.objects.of(tenant_id).filter(verified=False).exists():
        refresh_domains(tenant_id)
    settle_sign_ins(tenant_id)


def bind_entry_lists(tenant_id: int) -> None:
    """Bind the lines of who may sign in that were given before anybody was read."""
    for subject in LISTS:
        rows = ListEntry.objects.of(tenant_id).filter(subject=subject, object_id__isnull=True)
        lines = list(rows.values_list("line", flat=True))
        found = match_stored(tenant_id, lines) if lines else []
        bound = {each.line: each.source_id for each in found if each.source_id is not None}
        if bound:
            bind_lines(tenant_id, subject, bound)
