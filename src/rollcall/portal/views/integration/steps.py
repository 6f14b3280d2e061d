"""The six steps of the guide, each with its light: what is done, and what is next."""

from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rollcall.core.findings import Light
from rollcall.integrations.status import Status
from rollcall.portal.templatetags.portal import shortened
from rollcall.tenants.queries import TenantView
from rollcall.wiring.guide import PermissionLine
from rollcall.wiring.machine import utc_now

GOOD, WARNING, BAD, QUIET = "good", "warning", "bad", "quiet"
SOON: Final = 30
"""So many days before its end, a certificate's step is no longer done."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `kind` colours its light, `word` says it, `summary` is what a folded one shows."""

    number: int
    name: str
    title: str
    kind: str
    word: str
    summary: str
    open: bool = False


def steps_of(
    tenant: TenantView,
    status: Status | None,
    permissions: list[PermissionLine],
    *,
    chosen: str,
) -> list[Step]:
    """Return the steps; the one `chosen` is open, else the first that is not done."""
    steps = [
        Step(1, "register", _("Register the application in Entra"), *_register(status)),
        Step(2, "ids", _("Application and directory"), *_ids(status)),
        Step(3, "cloud", _("National cloud"), *_cloud(status)),
        Step(4, "key-pair", _("Key pair"), *_key_pair(status)),
        Step(5, "permissions", _("Permissions and admin consent"), *_granted(status, permissions)),
        Step(6, "time", _("Time of sync"), *_time(tenant, status)),
    ]
    todo = next((step.name for step in steps if step.kind != GOOD), "")
    opened = chosen or todo
    return [_with_open(step, opened) for step in steps]


def _with_open(step: Step, opened: str) -> Step:
    values: dict[str, Any] = {name: getattr(step, name) for name in Step.__slots__}
    return Step(**{**values, "open": step.name == opened})


def _register(status: Status | None) -> tuple[str, str, str]:
    if status is None or status.application_id is None:
        return QUIET, _("to do"), ""
    return GOOD, _("done"), _("Redirect URIs to copy")


def _ids(status: Status | None) -> tuple[str, str, str]:
    if status is None or status.application_id is None or status.directory_id is None:
        return QUIET, _("to do"), ""
    summary = shortened(status.application_id)
    light = status.check.light("discovery") if status.check else None
    if light is Light.RED:
        return BAD, _("not found"), summary
    domain = status.check.domain if status.check else ""
    return GOOD, _("done"), domain or summary


def _cloud(status: Status | None) -> tuple[str, str, str]:
    name = status.cloud if status else "GLOBAL"
    done = status is not None and status.directory_id is not None
    return (GOOD, _("done"), name) if done else (QUIET, _("to do"), name)


def _key_pair(status: Status | None) -> tuple[str, str, str]:
    active = status.active_key if status else None
    pending = status.pending_key if status else None
    if active is None:
        if pending is None:
            return QUIET, _("to do"), ""
        return WARNING, _("pending: upload it, then check"), shortened(pending.sha1)
    left = active.days_left(utc_now())
    if left < 0:
        return BAD, _("expired"), shortened(active.sha1)
    days = ngettext("%(n)s day left", "%(n)s days left", left) % {"n": left}
    if left < SOON:
        return WARNING, days, shortened(active.sha1)
    word = _("a new one is pending") if pending else _("done")
    return GOOD, word, days


def _granted(status: Status | None, permissions: list[PermissionLine]) -> tuple[str, str, str]:
    needed = [line for line in permissions if not (line.optional or line.delegated)]
    summary = ", ".join(line.name for line in needed)
    if any(line.granted is False for line in needed):
        return WARNING, _("something is missing"), summary
    if needed and all(line.granted for line in needed):
        return GOOD, _("granted"), summary
    return QUIET, _("not checked yet"), summary


def _time(tenant: TenantView, status: Status | None) -> tuple[str, str, str]:
    at = f"{status.sync_time:%H:%M}" if status else "00:00"
    return GOOD, _("done"), f"{at} ({tenant.time_zone})"
