"""Which page an address belongs to."""

import re
from collections.abc import Callable
from urllib.parse import unquote

from m365sim.answers import Answer
from m365sim.portal import consent, registrations
from m365sim.portal.call import NoPageError, PortalCall, page, read_form
from m365sim.wire import WireRequest, pairs
from m365sim.world import World

Page = Callable[[PortalCall], Answer]
APPLICATION = "/portal/*/*"
PAGES: tuple[tuple[str, str, Page], ...] = (
    ("GET", "/", registrations.list_directories),
    ("GET", "/portal/*", registrations.list_applications),
    ("POST", "/portal/*", registrations.add_application),
    ("GET", APPLICATION, registrations.show_application),
    ("POST", f"{APPLICATION}/certificates", registrations.add_certificate),
    ("POST", f"{APPLICATION}/certificates/remove", registrations.remove_certificate),
    ("POST", f"{APPLICATION}/permissions", registrations.set_permissions),
    ("POST", f"{APPLICATION}/consent", registrations.grant_consent),
    ("POST", f"{APPLICATION}/redirect-uris", registrations.add_redirect_uri),
    ("POST", f"{APPLICATION}/redirect-uris/remove", registrations.remove_redirect_uri),
    ("POST", f"{APPLICATION}/logout-url", registrations.set_logout_url),
    ("POST", f"{APPLICATION}/optional-claims", registrations.set_optional_claims),
    ("POST", f"{APPLICATION}/assignment", registrations.set_assignment),
    ("GET", "/*/adminconsent", consent.ask_consent),
    ("POST", "/*/adminconsent", consent.take_consent),
)
_FOUND = [
    (method, re.compile(f"^{path.replace('*', '([^/]+)')}$"), answer)
    for method, path, answer in PAGES
]


def portal_page(world: World, request: WireRequest) -> Answer | None:
    """Answer a request for a page; None if it is for none of these."""
    path, _, query = request.path.partition("?")
    for method, pattern, answer in _FOUND:
        match = pattern.match(path)
        if match is None or method != request.method:
            continue
        form = read_form(request) if method == "POST" else {}
        arguments = tuple(unquote(each) for each in match.groups())
        try:
            return answer(PortalCall(world, arguments, pairs(query), form))
        except NoPageError:
            return page("Not found", "<p>There is nothing here.</p>", status=404)
    return None
