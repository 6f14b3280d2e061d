"""Addresses that leave the page: of links in mails, and where somebody goes after signing in."""

from typing import Final

from django.utils.http import url_has_allowed_host_and_scheme

from rollcall.accounts.links import Purpose
from rollcall.environment import Environment

PATHS: Final = {
    Purpose.SET_UP: "/set-up/",
    Purpose.INVITATION: "/invitation/",
    Purpose.RESET: "/reset/",
    Purpose.SIGN_IN: "/sign-in/link/",
}
"""Where the page of each link is, before its token: commands that make links load no pages."""

LONGEST: Final = 2000


def own_origin(environment: Environment) -> str:
    """Return the origin that people use: of the settings, never of a request."""
    if environment.web_domain is not None:
        return environment.web_domain.origin
    scheme = "https" if environment.https else "http"
    return f"{scheme}://localhost:{environment.listen.port}"


def address_of_link(environment: Environment, purpose: Purpose, token: str) -> str:
    """Return the address of a link."""
    return own_origin(environment) + PATHS[purpose] + token


def own_path(text: str | None) -> str:
    """Return a path of this site to go on to, or nothing if that is not what was given."""
    path = text or ""
    fine = (
        path.startswith("/")
        and path.isprintable()
        and len(path) <= LONGEST
        and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    )
    return path if fine else ""
