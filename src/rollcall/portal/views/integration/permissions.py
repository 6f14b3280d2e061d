"""The first tab: the guide to the application in Entra, its ids, cloud, permissions and time."""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from rollcall.core.errors import SetupError, SyncError
from rollcall.core.policy import Stage
from rollcall.integrations.operations import Connection, change_integration
from rollcall.integrations.queries import KeyPairView, get_integration, list_key_pairs
from rollcall.integrations.sign_in import conditions_of
from rollcall.integrations.status import Status, find_status
from rollcall.portal.forms.permissions import CloudForm, IdsForm, KeyForm, TimeForm
from rollcall.portal.views.integration.check import check_context
from rollcall.portal.views.integration.consent import sign_state
from rollcall.portal.views.integration.header import header_of
from rollcall.portal.views.integration.steps import steps_of
from rollcall.web.audience import for_administrator
from rollcall.web.identity import PageRequest
from rollcall.wiring.check import logout_uri, redirect_uris
from rollcall.wiring.checking import start_check
from rollcall.wiring.guide import PermissionLine, consent_address, list_clouds, list_permissions
from rollcall.wiring.machine import utc_now

FIRST_STAGES: Final = frozenset({Stage.USERS, Stage.PHOTOS})
"""What is switched on as long as nobody has chosen."""

MOST_RETIRED: Final = 8
"""So many key pairs are shown that are not in use any more."""


@for_administrator("GET")
def show(request: PageRequest) -> HttpResponse:
    """Show the guide."""
    return show_guide(request, chosen=request.GET.get("step", ""))


@for_administrator("POST")
def save_ids(request: PageRequest) -> HttpResponse:
    """Keep application and directory, and check them beside."""
    form = IdsForm(request.POST)
    if not form.is_valid():
        return show_guide(request, chosen="ids", ids=form)
    ids = Connection(form.cleaned_data["application_id"], form.cleaned_data["directory_id"])
    return _save(request, connection=ids, values={})


@for_administrator("POST")
def save_cloud(request: PageRequest) -> HttpResponse:
    """Keep where the directory lives."""
    form = _cloud_form(request, request.POST)
    if not form.is_valid():
        return show_guide(request, chosen="cloud", cloud=form)
    return _save(request, connection=Connection(cloud=form.cleaned_data["cloud"]), values={})


@for_administrator("POST")
def save_time(request: PageRequest) -> HttpResponse:
    """Keep when the sync runs."""
    form = TimeForm(request.POST)
    if not form.is_valid():
        return show_guide(request, chosen="time", time=form)
    values = {"sync_time": form.cleaned_data["sync_time"].replace(second=0, microsecond=0)}
    answer = _save(request, connection=Connection(), values=values)
    messages.success(request, _("The time of the sync is saved."))
    return answer


def _save(request: PageRequest, *, connection: Connection, values: dict[str, Any]) -> HttpResponse:
    tenant = request.tenant
    try:
        change_integration(
            tenant.id,
            actor=request.identity.actor,
            connection=connection,
            values=values,
            lists={},
        )
    except SetupError as error:
        messages.error(request, str(error))
    else:
        if connection != Connection():
            transaction.on_commit(lambda: check_beside(request))
    return redirect("integration", tenant=tenant.slug)


def check_beside(request: PageRequest) -> None:
    """Begin a check, if all is filled in that it needs; the page shows how it goes."""
    status = find_status(request.tenant.id)
    if status is None or not status.complete:
        return
    try:
        start_check(request.machine, get_integration(request.tenant.id))
    except SyncError as error:
        messages.warning(request, str(error))


def show_guide(
    request: PageRequest, *, chosen: str = "", **forms_with_errors: forms.Form
) -> HttpResponse:
    """Show the guide; forms that were typed into are given, the others show what is kept."""
    header = header_of(request, tab="integration")
    status: Status | None = header["status"]
    granted = status.check.granted if status and status.check else None
    permissions = list_permissions(
        status.stages if status else FIRST_STAGES,
        sign_in=conditions_of(request.tenant.id, now=utc_now()).somebody_allowed,
        granted=granted,
    )
    keys = list_key_pairs(request.tenant.id)
    values = {
        **header,
        **_forms(request, status),
        **forms_with_errors,
        **check_context(status),
        "steps": steps_of(request.tenant, status, permissions, chosen=chosen),
        "portal_address": _portal_address(request, status),
        "redirect_uris": redirect_uris(request.machine.environment),
        "logout_uri": logout_uri(request.machine.environment),
        "permissions": [_permission(line) for line in permissions],
        "consent_address": _consent_address(request, status),
        "keys": _key_lines(keys),
        "download": _download(request, [key.id for key in keys]),
    }
    return render(request, "portal/integration/permissions.html", values)


def _key_lines(keys: list[KeyPairView]) -> list[dict[str, Any]]:
    """Return the key pairs in use, and of the others the newest."""
    retired = [key for key in keys if key.state == "retired"]
    shown = [key for key in keys if key.state != "retired"] + retired[:MOST_RETIRED]
    return [{"key": key, "days_left": key.days_left(utc_now())} for key in shown]


def _forms(request: PageRequest, status: Status | None) -> dict[str, forms.Form]:
    ids = {
        "application_id": status.application_id if status else "",
        "directory_id": status.directory_id if status else "",
    }
    return {
        "ids": IdsForm(initial=ids),
        "cloud": _cloud_form(request, initial={"cloud": status.cloud if status else "GLOBAL"}),
        "key_form": KeyForm(initial={"days": status.certificate_days if status else 365}),
        "time": TimeForm(initial={"sync_time": status.sync_time if status else "00:00"}),
    }


def _cloud_form(request: PageRequest, data: Any = None, **values: Any) -> CloudForm:
    return CloudForm(data, clouds=list(request.machine.clouds()), **values)


def _portal_address(request: PageRequest, status: Status | None) -> str:
    name = status.cloud if status else "GLOBAL"
    return next((each.portal for each in list_clouds(request.machine) if each.name == name), "")


def _consent_address(request: PageRequest, status: Status | None) -> str:
    uris = redirect_uris(request.machine.environment)
    if status is None or not uris:
        return ""
    state = sign_state(request.tenant.slug)
    return consent_address(request.machine, status, redirect_uri=uris[0], state=state)


def _download(request: PageRequest, known: list[int]) -> int | None:
    """Return the key pair whose file the page gives the browser as soon as it is shown."""
    text = request.GET.get("download", "")
    return int(text) if text.isascii() and text.isdecimal() and int(text) in known else None


def _permission(line: PermissionLine) -> dict[str, Any]:
    purposes = {
        "User.Read.All": _("Read people and their photos."),
        "Contacts.Read": _("Read people's own contacts and those of shared mailboxes."),
        "MailboxSettings.Read": _("Recognise shared mailboxes. Without it you name them by hand."),
        "openid": _("Let people sign in with Microsoft."),
        "profile": _("Know who signed in, by the id in the directory."),
    }
    return {
        "name": line.name,
        "kind": _("Delegated") if line.delegated else _("Application"),
        "purpose": purposes.get(line.name, ""),
        "optional": line.optional,
        "light": _permission_light(line),
    }


def _permission_light(line: PermissionLine) -> dict[str, str]:
    if line.granted:
        return {"kind": "good", "text": _("granted")}
    if line.granted is False:
        kind = "quiet" if line.optional else "warning"
        return {"kind": kind, "text": _("not granted")}
    return {"kind": "quiet", "text": _("shows at sign-in") if line.delegated else _("not checked")}
