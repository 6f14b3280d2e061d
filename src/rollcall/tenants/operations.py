"""Add, change and delete tenants."""

from collections.abc import Collection

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from rollcall.core.errors import SetupError
from rollcall.core.numbering import NumberRange
from rollcall.tenants.models import Tenant
from rollcall.tenants.queries import TenantView, to_view
from rollcall.tenants.rules import (
    check_country,
    check_domain,
    check_name,
    check_slug,
    check_time_zone,
)


class TakenError(SetupError):
    """Another tenant has this short name or SIP domain; `field` says which of the two."""

    default_code = "taken"

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


def add_tenant(
    *,
    slug: str,
    name: str,
    sip_domain: str,
    time_zone: str,
    country: str,
    extension_range: NumberRange | None = None,
    reserved_numbers: Collection[int] | None = None,
) -> TenantView:
    """Add a tenant; raise SetupError for what is malformed or taken."""
    tenant = Tenant(
        slug=check_slug(slug),
        name=check_name(name),
        sip_domain=check_domain(sip_domain),
        time_zone=check_time_zone(time_zone),
        country=check_country(country),
    )
    _set_numbers(tenant, extension_range, reserved_numbers)
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
        tenant.name = check_name(name)
    if sip_domain is not None:
        tenant.sip_domain = check_domain(sip_domain)
    if time_zone is not None:
        tenant.time_zone = check_time_zone(time_zone)
    if country is not None:
        tenant.country = check_country(country)
    _set_numbers(tenant, extension_range, reserved_numbers)
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


def _set_numbers(
    tenant: Tenant, extension_range: NumberRange | None, reserved: Collection[int] | None
) -> None:
    if extension_range is not None:
        tenant.first_extension = extension_range.first
        tenant.last_extension = extension_range.last
    if reserved is not None:
        tenant.reserved_numbers = sorted(reserved)


def _save(tenant: Tenant) -> None:
    try:
        with transaction.atomic():
            tenant.save()
    except IntegrityError as error:
        if "sip_domain" in str(error):
            sentence = _("Another tenant has the SIP domain “%(value)s”.")
            raise TakenError(sentence % {"value": tenant.sip_domain}, field="sip_domain") from error
        sentence = _("Another tenant has the short name “%(value)s”.")
        raise TakenError(sentence % {"value": tenant.slug}, field="slug") from error
