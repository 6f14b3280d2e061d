"""Add, change and delete tenants."""

import re
import zoneinfo
from collections.abc import Collection

import phonenumbers
from django.db import IntegrityError, connection, transaction

from rollcall.core.errors import SetupError
from rollcall.core.numbering import NumberRange
from rollcall.tenants.models import Tenant
from rollcall.tenants.queries import TenantView, to_view

_SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?\Z")
_DOMAIN = re.compile(r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9-]{1,63})*\Z")


def add_tenant(
    *, slug: str, name: str, sip_domain: str, time_zone: str, country: str
) -> TenantView:
    """Add a tenant; raise SetupError for what is malformed or taken."""
    if not _SLUG.match(slug):
        raise SetupError(
            f"“{slug}” cannot be a tenant's short name: lower-case letters, digits and hyphens, "
            "at most 40, beginning and ending with a letter or digit.",
            code="bad-slug",
        )
    tenant = Tenant(
        slug=slug,
        name=_check_name(name),
        sip_domain=_check_domain(sip_domain),
        time_zone=_check_time_zone(time_zone),
        country=_check_country(country),
    )
    _save(tenant)
    return to_view(tenant)


def change_tenant(
    slug: str,
    *,
    name: str | None = None,
    sip_domain: str | None = None,
    time_zone: str | None = None,
    country: str | None = None,
    extension_range: NumberRange | None = None,
    reserved_numbers: Collection[int] | None = None,
) -> TenantView:
    """Change what is given of a tenant."""
    tenant = Tenant.objects.get(slug=slug)
    if name is not None:
        tenant.name = _check_name(name)
    if sip_domain is not None:
        tenant.sip_domain = _check_domain(sip_domain)
    if time_zone is not None:
        tenant.time_zone = _check_time_zone(time_zone)
    if country is not None:
        tenant.country = _check_country(country)
    if extension_range is not None:
        tenant.first_extension = extension_range.first
        tenant.last_extension = extension_range.last
    if reserved_numbers is not None:
        tenant.reserved_numbers = sorted(reserved_numbers)
    _save(tenant)
    return to_view(tenant)


def suspend_tenant(slug: str) -> None:
    """Suspend a tenant: nothing of it runs until it is resumed."""
    Tenant.objects.filter(slug=slug).update(state=Tenant.State.SUSPENDED)


def resume_tenant(slug: str) -> None:
    """Let a suspended tenant work again."""
    Tenant.objects.filter(slug=slug).update(state=Tenant.State.ACTIVE)


def delete_tenant(slug: str) -> None:
    """Delete a tenant and everything of it; the database's foreign keys carry it out."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM tenants_tenant WHERE slug = %s", [slug])


def _save(tenant: Tenant) -> None:
    try:
        with transaction.atomic():
            tenant.save()
    except IntegrityError as error:
        taken = "SIP domain" if "sip_domain" in str(error) else "short name"
        value = tenant.sip_domain if taken == "SIP domain" else tenant.slug
        raise SetupError(f"Another tenant has the {taken} “{value}”.", code="taken") from error


def _check_name(name: str) -> str:
    if not name.strip():
        raise SetupError("A tenant needs a name.", code="bad-name")
    return name.strip()


def _check_domain(domain: str) -> str:
    domain = domain.strip().lower()
    if not _DOMAIN.match(domain):
        raise SetupError(f"“{domain}” is not a domain name.", code="bad-domain")
    return domain


def _check_time_zone(name: str) -> str:
    if name not in zoneinfo.available_timezones():
        raise SetupError(
            f"“{name}” is not a time zone; they look like Europe/Berlin.", code="bad-time-zone"
        )
    return name


def _check_country(country: str) -> str:
    country = country.strip().upper()
    if country not in phonenumbers.SUPPORTED_REGIONS:
        raise SetupError(
            f"“{country}” is not a country: give the two letters of ISO 3166, such as DE.",
            code="bad-country",
        )
    return country
