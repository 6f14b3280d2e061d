"""What stands around every page: who is signed in, where one is, where one can go."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rollcall.tenants.queries import TenantView
from rollcall.web.identity import identity_of


@dataclass(frozen=True, slots=True)
class Link:
    """One line of the navigation. `section` is the heading above it."""

    title: Promise
    name: str
    section: Promise | str = ""


FOR_SYSTEM = (
    Link(_("Tenants"), "system-tenants"),
    Link(_("Server"), "system-server"),
    Link(_("Clouds"), "system-clouds"),
    Link(_("Administrators"), "system-accounts"),
    Link(_("Mail"), "system-mail"),
    Link(_("API tokens"), "system-tokens"),
    Link(_("Audit log"), "system-audit"),
)
FOR_ADMINISTRATORS = (
    Link(_("Extensions"), "extensions"),
    Link(_("Numbers"), "numbers"),
    Link(_("Microsoft 365 Integration"), "integration", _("Advanced")),
    Link(_("Notices"), "notices", _("Advanced")),
    Link(_("Accounts"), "accounts", _("Advanced")),
    Link(_("API tokens"), "tokens", _("Advanced")),
    Link(_("Audit log"), "audit", _("Advanced")),
    Link(_("Settings"), "tenant-settings", _("Advanced")),
)
FOR_USERS: tuple[Link, ...] = (
    Link(_("Colleagues"), "colleagues", _("Phone book")),
    Link(_("Company contacts"), "company-contacts", _("Phone book")),
    Link(_("My contacts"), "my-contacts", _("Phone book")),
)
FOR_ALL = (Link(_("My account"), "account"),)
"""A page that should be in the navigation has its line here; the tests open each."""


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return what the base template needs."""
    identity = identity_of(request)
    tenant: TenantView | None = getattr(request, "tenant", None)
    match = request.resolver_match
    return {
        "identity": identity,
        "tenant": tenant,
        "switched": bool(identity and identity.role == "system" and tenant),
        "navigation": _navigation(identity.role, tenant) if identity else [],
        "here": match.url_name if match else "",
    }


def _navigation(role: str, tenant: TenantView | None) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    if role == "system":
        lines += [_line(link) for link in FOR_SYSTEM]
    if tenant is not None:
        if role != "user":
            lines += [_line(link, tenant) for link in FOR_ADMINISTRATORS]
        lines += [_line(link, tenant) for link in FOR_USERS]
    return lines + [_line(link) for link in FOR_ALL]


def _line(link: Link, tenant: TenantView | None = None) -> dict[str, Any]:
    values = {"tenant": tenant.slug} if tenant else {}
    return {
        "title": link.title,
        "section": link.section,
        "name": link.name,
        "address": reverse(link.name, kwargs=values),
    }
