"""Going out: ends our session, and Microsoft's too for whoever wants that.

Microsoft tells us, too, when somebody signs out of it elsewhere (front-channel logout): a page
that it loads in a frame, which comes without our cookie and is known by Microsoft's session id.
"""

import re
from typing import Final

from django.http import HttpResponse
from django.shortcuts import redirect

from rollcall.accounts.microsoft import end_directory_session, logout_hint_of
from rollcall.accounts.sessions import SignedIn, end_session
from rollcall.integrations.sign_in import tenants_of_directory
from rollcall.portal.views.entry.domains import domain_of, redirect_uri
from rollcall.portal.views.entry.flow import leave
from rollcall.portal.views.entry.steps import address_with_next, next_of, show_card
from rollcall.tenants.queries import get_tenant_by_id
from rollcall.web.audience import for_anyone
from rollcall.web.identity import COOKIE, PageRequest, forget_session, identity_of
from rollcall.wiring.sign_in import sign_out_url

MICROSOFT: Final = "microsoft"
GUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
LONGEST_SID: Final = 200
LONGEST_ISSUER: Final = 300


@for_anyone("GET", "POST")
def sign_out(request: PageRequest) -> HttpResponse:
    """Ask how far to sign out, or do it."""
    identity = request.identity
    if request.method == "POST":
        return _end(request, identity)
    if identity_of(request) is None:
        return redirect(address_with_next("sign-in", next_of(request)))
    values = {
        "name": identity.name or identity.email,
        "microsoft": identity.method == MICROSOFT,
    }
    return show_card(request, "sign_out", values)


def _end(request: PageRequest, identity: SignedIn | None) -> HttpResponse:
    onward, beyond = next_of(request), ""
    address = address_with_next("sign-in", onward)
    if identity is not None:
        if identity.tenant_id is not None:
            slug = get_tenant_by_id(identity.tenant_id).slug
            address = address_with_next("tenant-sign-in", onward, tenant=slug)
        if MICROSOFT in request.POST and identity.method == MICROSOFT:
            beyond = _way_out(request, identity)
        end_session(identity.account_id, identity.session_id)
    response = leave(request, beyond) if beyond else redirect(address)
    forget_session(response)
    return response


def _way_out(request: PageRequest, identity: SignedIn) -> str:
    """Return Microsoft's page to sign out at, which leads back here; nothing if it is unknown."""
    domain = domain_of(request.machine.environment, request.get_host())
    if domain is None or identity.tenant_id is None:
        return ""
    hint = logout_hint_of(request.COOKIES.get(COOKIE, ""))
    url = sign_out_url(
        request.machine, identity.tenant_id, return_to=redirect_uri(domain), logout_hint=hint
    )
    return url or ""


@for_anyone("GET")
def front_channel(request: PageRequest) -> HttpResponse:
    """End the sessions that Microsoft's own session began. Says the same whether there are any."""
    session, issuer = request.GET.get("sid", ""), request.GET.get("iss", "")
    origins: set[str] = set()
    if session and len(session) <= LONGEST_SID and len(issuer) <= LONGEST_ISSUER:
        origins = _end_of_directory(request, session, issuer)
    return _framed(origins)


def _end_of_directory(request: PageRequest, session: str, issuer: str) -> set[str]:
    """End them at the tenants of that issuer's directory; return the hosts that may frame this."""
    found = GUID.search(issuer)
    if found is None:
        return set()
    directory = found[0].lower()
    clouds = request.machine.clouds().values()
    meant = [each for each in clouds if each.issuer_of(directory) == issuer]
    for tenant_id in tenants_of_directory(directory) if meant else ():
        end_directory_session(tenant_id, session)
    return {each.login for each in meant}


def _framed(origins: set[str]) -> HttpResponse:
    ancestors = " ".join(sorted(origins)) or "'none'"
    response = HttpResponse(content_type="text/html; charset=utf-8")
    response["Content-Security-Policy"] = f"default-src 'none'; frame-ancestors {ancestors}"
    return response
