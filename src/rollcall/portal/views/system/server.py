"""The server: where it is reached, its certificate and keys, its database, its processes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rollcall.core.findings import Finding, Light
from rollcall.environment import Environment
from rollcall.environment.settings import SETTINGS
from rollcall.fleet.queries import living_processes
from rollcall.host.certificate import CertificateError
from rollcall.host.diagnosis import diagnose_machine
from rollcall.host.server_facts import (
    WebCertificate,
    find_certificate,
    find_database,
    find_keys,
    find_room,
    own_version,
)
from rollcall.web.audience import for_system
from rollcall.web.context import context_of
from rollcall.web.identity import PageRequest
from rollcall.wiring.check import redirect_uris
from rollcall.wiring.machine import utc_now

LIGHTS: Final[Mapping[Light, tuple[str, Promise]]] = {
    Light.GREEN: ("good", _("well")),
    Light.AMBER: ("warning", _("worth a look")),
    Light.RED: ("bad", _("needs a hand")),
    Light.SKIPPED: ("quiet", _("not tried")),
}
SOON_DAYS: Final = 30


@for_system("GET")
def show(request: PageRequest) -> HttpResponse:
    """Show the server, and what its doctor finds."""
    environment = request.machine.environment
    now = utc_now()
    certificate, trouble = _certificate(environment, now)
    values = {
        "environment": environment,
        "redirect_uris": redirect_uris(environment),
        "variables": {each.name: each.variable for each in SETTINGS},
        "certificate": certificate,
        "certificate_problem": trouble,
        "served_until": context_of(request).certificate_ends,
        "soon": SOON_DAYS,
        "keys": find_keys(request.machine),
        "version": own_version(),
        "database": find_database(environment),
        "room": find_room(environment),
        "processes": living_processes(),
        "findings": [_finding(each) for each in diagnose_machine(request.machine)],
        "checked_at": now,
    }
    return render(request, "portal/system/server.html", values)


def _certificate(environment: Environment, now: datetime) -> tuple[WebCertificate | None, str]:
    """Return the certificate in the file, or what is the matter with it."""
    if not environment.https:
        return None, ""
    try:
        return find_certificate(environment, now=now), ""
    except CertificateError as error:
        return None, str(error)


def _finding(finding: Finding) -> dict[str, Any]:
    kind, word = LIGHTS[finding.light]
    return {"step": finding.step, "kind": kind, "word": word, "message": finding.message}
