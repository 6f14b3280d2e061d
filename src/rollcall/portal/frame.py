"""What stands around every page: who is signed in, where one is, where one can go."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rollcall.accounts.sessions import SignedIn
from rollcall.tenants.queries import TenantView, get_tenant_by_id
from rollcall.web.identity import identity_of


@dataclass(frozen=True, slots=True)
class Link:
    """One line of the navigation. `section` is the heading above it."""

    title: Promise
    name: str
    section: Promise | str = ""


FOR_SYSTEM = (
    Link(_("Tenants"), "system-tenants", _("System")),
    Link(_("Server"), "system-server", _("System")),
    Link(_("Clouds"), "system-clouds", _("System")),
    Link(_("Administrators"), "system-accounts", _("System")),
    Link(_("Mail"), "system-mail", _("System")),
    Link(_("API tokens"), "system-tokens", _("System")),
    Link(_("Audit log"), "system-audit", _("System")),
)
FOR_ADMINISTRATORS = (
    Link(_("Extensions"), "extensions"),
    Link(_("Numbers"), "numbers"),
    Link(_("Trunk"), "trunk"),
    Link(_("All calls"), "calls"),
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
    Link(_("My calls"), "my-calls", _("Calls")),
    Link(_("My phones"), "my-phones", _("Calls")),
)
OF_AN_EXTENSION = {"my-contacts", "my-calls", "my-phones"}
FOR_ALL = (Link(_("My account"), "account", _("You")),)
FOR_EXTENSIONS = (Link(_("Web phone"), "phone", _("You")),)
"""A page that should be in the navigation has its line here; the tests open each."""


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return what the base template needs."""
    identity = identity_of(request)
    tenant: TenantView | None = getattr(request, "tenant", None)
    lines = _navigation(identity, tenant or _home(identity)) if identity else []
    return {
        "identity": identity,
        "tenant": tenant,
        "switched": bool(identity and identity.role == "system" and tenant),
        "navigation": lines,
        "here": _here(lines, request.path),
    }


def _here(lines: list[dict[str, Any]], path: str) -> str:
    """Return the name of the line that a page belongs to: its own, or of the page above it."""
    above = [line for line in lines if path.startswith(line["address"])]
    nearest = max(above, key=lambda line: len(line["address"]), default=None)
    return nearest["name"] if nearest else ""


def _home(identity: SignedIn) -> TenantView | None:
    """Return the tenant of whoever is on a page of no tenant, such as one's own account."""
    return get_tenant_by_id(identity.tenant_id) if identity.tenant_id is not None else None


def _navigation(identity: SignedIn, tenant: TenantView | None) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    if tenant is not None:
        if identity.role != "user":
            lines += [_line(link, tenant) for link in FOR_ADMINISTRATORS if not link.section]
        lines += [_line(link, tenant) for link in FOR_USERS if _is_for(link, identity)]
        if identity.role != "user":
            lines += [_line(link, tenant) for link in FOR_ADMINISTRATORS if link.section]
    if identity.role == "system":
        lines += [_line(link) for link in FOR_SYSTEM]
    if identity.extension_id is not None:
        lines += [_line(link) for link in FOR_EXTENSIONS]
    return lines + [_line(link) for link in FOR_ALL]


def _is_for(link: Link, identity: SignedIn) -> bool:
    """Tell whether a page has something for somebody: what is one's own comes with an extension."""
    return link.name not in OF_AN_EXTENSION or identity.extension_id is not None


def _line(link: Link, tenant: TenantView | None = None) -> dict[str, Any]:
    values = {"tenant": tenant.slug} if tenant else {}
    return {
        "title": link.title,
        "section": link.section,
        "name": link.name,
        "address": reverse(link.name, kwargs=values),
    }
