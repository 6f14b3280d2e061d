"""Read tenants."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from rollcall.core.errors import SetupError
from rollcall.tenants.models import Tenant
from rollcall.tenants.statements import fetch, load_statements

SQL: Final = load_statements("rollcall.tenants", "tenants.sql")


class TenantView(msgspec.Struct, frozen=True):
    """A tenant as others see it."""

    id: int
    slug: str
    name: str
    sip_domain: str
    time_zone: str
    country: str
    state: str
    first_extension: int
    last_extension: int
    reserved_numbers: tuple[int, ...]
    created_at: datetime


def get_tenant(slug: str) -> TenantView:
    """Return the tenant `slug`, or raise SetupError with what there is instead."""
    rows = fetch(SQL["by_slug"], {"slug": slug})
    if not rows:
        raise SetupError(
            f"There is no tenant “{slug}”. “rollcall tenant list” shows those that there are.",
            code="unknown-tenant",
        )
    return _of_row(rows[0])


def get_tenant_by_id(tenant_id: int) -> TenantView:
    """Return a tenant by its id."""
    rows = fetch(SQL["by_id"], {"id": tenant_id})
    if not rows:
        raise Tenant.DoesNotExist
    return _of_row(rows[0])


def _of_row(row: Sequence[Any]) -> TenantView:
    *values, reserved, created_at = row
    return TenantView(*[*values, tuple(reserved), created_at])


def check_active(tenant: TenantView) -> None:
    """Raise SetupError if the tenant is suspended."""
    if tenant.state != "active":
        raise SetupError(
            f"Tenant {tenant.slug} is suspended: nothing of it runs.", code="suspended"
        )


def list_tenants() -> list[TenantView]:
    """Return all tenants by slug."""
    return [to_view(tenant) for tenant in Tenant.objects.order_by("slug")]


def list_tenants_after(slug: str, *, limit: int) -> list[TenantView]:
    """Return some tenants by slug: those that come after `slug`."""
    return [to_view(row) for row in Tenant.objects.filter(slug__gt=slug).order_by("slug")[:limit]]


def to_view(tenant: Tenant) -> TenantView:
    """Return a tenant's row as a value."""
    return TenantView(
        id=tenant.pk,
        slug=tenant.slug,
        name=tenant.name,
        sip_domain=tenant.sip_domain,
        time_zone=tenant.time_zone,
        country=tenant.country,
        state=tenant.state,
        first_extension=tenant.first_extension,
        last_extension=tenant.last_extension,
        reserved_numbers=tuple(tenant.reserved_numbers),
        created_at=tenant.created_at,
    )
