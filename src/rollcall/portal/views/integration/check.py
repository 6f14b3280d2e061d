"""Check: every step that a sync takes is tried, one by one, and shown as it comes."""

from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from rollcall.core.errors import SyncError
from rollcall.integrations.check_operations import LONGEST
from rollcall.integrations.queries import get_integration
from rollcall.integrations.status import CheckView, Status, find_status
from rollcall.portal.forms.permissions import IdsForm
from rollcall.portal.views.integration.findings import findings_of
from rollcall.web.audience import for_administrator
from rollcall.web.identity import PageRequest
from rollcall.web.scope import tenant_scope
from rollcall.wiring.checking import check_setup, start_check
from rollcall.wiring.guide import Seen, see_directory
from rollcall.wiring.machine import utc_now

LONGEST_PAUSE: Final = 5
"""Seconds between two looks at a check that takes long."""


@for_administrator("GET", "POST", live=True)
def check(request: PageRequest) -> HttpResponse:
    """Begin a check (POST), or show how far it is (GET, as htmx asks while it goes on)."""
    if request.method == "POST":
        return _begin(request)
    if not request.headers.get("HX-Request"):
        return _back(request)
    with tenant_scope(request.tenant.id):
        status = find_status(request.tenant.id)
    return _progress(request, status)


def _begin(request: PageRequest) -> HttpResponse:
    """Begin a check. Without scripts nobody can watch it: then the answer waits for its end."""
    tenant = request.tenant
    watched = bool(request.headers.get("HX-Request"))
    with tenant_scope(tenant.id):
        status = find_status(tenant.id)
    if status is None or not status.complete:
        messages.warning(request, _("Fill in the ids and generate a key pair first."))
        return _back(request)
    integration = get_integration(tenant.id)
    try:
        if watched:
            start_check(request.machine, integration)
            with tenant_scope(tenant.id):
                return _progress(request, find_status(tenant.id))
        check_setup(request.machine, integration, lambda _: None)
    except SyncError as error:
        messages.error(request, str(error))
    return _back(request)


def _back(request: PageRequest) -> HttpResponse:
    """Show the whole page anew: what the check found may have changed everything on it."""
    address = reverse("integration", kwargs={"tenant": request.tenant.slug})
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)


def _progress(request: PageRequest, status: Status | None) -> HttpResponse:
    context = check_context(status)
    looks = request.GET.get("looks", "0")
    looked = min(int(looks), 99) if looks.isascii() and looks.isdecimal() else 0
    if looked and not context["checking"]:
        return _back(request)
    pause = min(LONGEST_PAUSE, 1 + looked // 8)
    values = {**context, "tenant": request.tenant, "looks": looked + 1, "pause": pause}
    return render(request, "portal/integration/permissions/check.html", values)


def check_context(status: Status | None) -> dict[str, Any]:
    """Return what the part about the check shows."""
    found = status.check if status else None
    return {
        "status": status,
        "check": found,
        "checking": bool(found and _goes_on(found)),
        "findings": findings_of(found),
        "looks": 1,
        "pause": 1,
    }


def _goes_on(found: CheckView) -> bool:
    return found.finished_at is None and utc_now() - found.started_at < LONGEST


@for_administrator("POST", live=True)
def try_ids(request: PageRequest) -> HttpResponse:
    """Say of two pasted ids whether they can be right; nothing is kept. Asked by htmx."""
    form = IdsForm(request.POST)
    values: dict[str, Any] = {"form": form}
    if form.is_valid():
        values |= _look(request, form)
    return render(request, "portal/integration/permissions/tried.html", values)


def _look(request: PageRequest, form: IdsForm) -> dict[str, str]:
    with tenant_scope(request.tenant.id):
        status = find_status(request.tenant.id)
    cloud = status.cloud if status else "GLOBAL"
    directory, application = form.cleaned_data["directory_id"], form.cleaned_data["application_id"]
    try:
        sight = see_directory(request.machine, cloud, directory)
        if sight.seen is Seen.MISSING:
            swapped = see_directory(request.machine, cloud, application)
            if swapped.seen is Seen.THERE:
                return {"kind": "bad", "text": _("The two ids are swapped: exchange them.")}
    except SyncError as error:
        return {"kind": "warning", "text": str(error)}
    return _told(sight.seen, sight.detail, cloud)


def _told(seen: Seen, detail: str, cloud: str) -> dict[str, str]:
    match seen:
        case Seen.THERE:
            text = _("The directory is there, in %(cloud)s.") % {"cloud": cloud}
            return {"kind": "good", "text": text}
        case Seen.MISSING:
            text = _(
                "There is no directory with this Directory (tenant) ID in %(cloud)s. Copy it again "
                "from the application's overview page; if your organisation is in another "
                "national cloud, choose that in step 3 first."
            )
            return {"kind": "bad", "text": text % {"cloud": cloud}}
        case Seen.ELSEWHERE:
            text = _("The directory is in another national cloud than %(cloud)s: see step 3.")
            return {"kind": "bad", "text": text % {"cloud": cloud}}
        case Seen.SILENT:
            text = _("It could not be tried now. %(why)s You can save it all the same.")
            return {"kind": "warning", "text": text % {"why": detail}}
