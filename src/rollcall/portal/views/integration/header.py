"""The status over all tabs of the integration: connected or not and why, and what waits."""

from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from rollcall.core.findings import Light
from rollcall.integrations.operations import pause as pause_integration
from rollcall.integrations.operations import resume as resume_integration
from rollcall.integrations.status import Status, find_status
from rollcall.telephony.queries import count_by_state
from rollcall.web.audience import for_administrator
from rollcall.web.identity import PageRequest
from rollcall.wiring.machine import utc_now

TABS: Final[tuple[tuple[str, Promise], ...]] = (
    ("integration", gettext_lazy("Permissions")),
    ("integration-users", gettext_lazy("User sync")),
    ("integration-sign-in", gettext_lazy("Sign in")),
    ("integration-contacts", gettext_lazy("Contact sync")),
    ("integration-runs", gettext_lazy("Runs")),
)
WARN_DAYS: Final = 60
"""So many days before its end, a certificate is a warning."""


def header_of(request: PageRequest, *, tab: str = "") -> dict[str, Any]:
    """Return what the status header needs; a tab that is not the page's own name is given."""
    tenant = request.tenant
    status = find_status(tenant.id)
    kind, text = _state(status)
    here = tab or (request.resolver_match.url_name if request.resolver_match else "")
    return {
        "status": status,
        "state_kind": kind,
        "state_text": text,
        "people": count_by_state(tenant.id).get("active", 0) if status else 0,
        "days_left": _days_left(status),
        "warnings": _warnings(status) if status else [],
        "ready": bool(status and status.active_key and status.complete and status.stages),
        "tabs": [
            {
                "title": title,
                "address": reverse(name, kwargs={"tenant": tenant.slug}),
                "here": name == here,
            }
            for name, title in TABS
        ],
    }


@for_administrator("POST")
def pause(request: PageRequest) -> HttpResponse:
    """Let no sync run until it is resumed."""
    pause_integration(request.tenant.id, actor=request.identity.actor)
    return redirect("integration", tenant=request.tenant.slug)


@for_administrator("POST")
def resume(request: PageRequest) -> HttpResponse:
    """Let syncs run again."""
    resume_integration(request.tenant.id, actor=request.identity.actor)
    return redirect("integration", tenant=request.tenant.slug)


def _state(status: Status | None) -> tuple[str, str]:
    """Return the state in a word or two, and how good it is."""
    if status is None or not status.complete:
        return "quiet", _("Not connected")
    if status.active_key is None:
        return "quiet", _("Not connected: the certificate was not accepted yet")
    if status.active_key.days_left(utc_now()) < 0 and status.pending_key is None:
        return "bad", _("Disconnected: the certificate has expired")
    to = status.check.domain if status.check else ""
    trouble = _trouble(status)
    if trouble:
        return "bad", trouble
    if status.paused:
        return "warning", _("Paused")
    if to:
        return "good", _("Connected to %(domain)s") % {"domain": to}
    return "good", _("Connected")


def _trouble(status: Status) -> str:
    """Return what the newer of last run and last check says does not work."""
    check, last = status.check, status.last
    checked_at = check.finished_at if check else None
    ran_at = last.finished_at if last else None
    if check and checked_at and (ran_at is None or checked_at > ran_at):
        return _("The check found trouble") if check.worst is Light.RED else ""
    return _("The last run failed") if last and last.state == "failed" else ""


def _days_left(status: Status | None) -> int | None:
    key = (status.active_key or status.pending_key) if status else None
    return key.days_left(utc_now()) if key else None


def _warnings(status: Status) -> list[dict[str, str]]:
    warnings = []
    if status.paused:
        sentence = _("The sync is paused: nothing is read or changed until it is resumed.")
        warnings.append({"kind": "warning", "text": sentence, "action": "resume"})
    key = status.active_key
    left = key.days_left(utc_now()) if key else WARN_DAYS + 1
    if key and left <= WARN_DAYS:
        warnings.append(_certificate_warning(left, pending=status.pending_key is not None))
    if status.last and status.last.state == "failed" and status.last.error:
        sentence = _("The last run failed: %(why)s") % {"why": status.last.error["message"]}
        warnings.append({"kind": "error", "text": sentence, "action": "run"})
    return warnings


def _certificate_warning(left: int, *, pending: bool) -> dict[str, str]:
    if left < 0:
        sentence = _("The certificate has expired: Microsoft refuses it.")
    else:
        sentence = ngettext(
            "The certificate ends in %(n)s day.", "The certificate ends in %(n)s days.", left
        ) % {"n": left}
    next_step = (
        _("Upload the new public_key.pem to the application in Entra; it is not accepted yet.")
        if pending
        else _("Generate a new key pair and upload it; the sync goes on in the meantime.")
    )
    kind = "error" if left < 0 else "warning"
    return {"kind": kind, "text": f"{sentence} {next_step}", "action": "key"}
