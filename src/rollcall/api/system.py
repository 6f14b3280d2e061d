"""The provider's part: tenants, with tokens that are no tenant's."""

from datetime import datetime
from typing import Annotated

import msgspec
from django.db import transaction
from ninja import Path, Router
from pydantic import Field

from rollcall.access.scopes import Scope
from rollcall.api.door import ApiRequest, offer
from rollcall.api.paging import After, as_number
from rollcall.api.shapes import USUAL, Given, Input, Limit, Number, Page, page_of, shape_of
from rollcall.api.tenant import Reserved, told_change
from rollcall.audit.operations import note
from rollcall.core.numbering import parse_range
from rollcall.integrations.health import (
    NEEDS_ACTION,
    Health,
    TenantHealth,
    Wanted,
    read_health,
)
from rollcall.tenants import operations
from rollcall.tenants.queries import get_tenant, list_tenants_after
from rollcall.wiring.documents import TenantJson, to_tenant_json
from rollcall.wiring.machine import utc_now

router = Router(tags=["System"])
SHAPE = shape_of(TenantJson)

ShortName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$")]
Slug = Path[ShortName]


class HealthJson(msgspec.Struct, frozen=True, kw_only=True):
    """How a tenant's integration is. `missed` scheduled times have passed since it succeeded."""

    tenant: str
    state: Health
    last_success_at: datetime | None
    next_run_at: datetime | None
    missed: int | None
    people: int
    held_run: int | None
    throttled_seconds: float | None
    certificate_days: int | None
    missing_permissions: tuple[str, ...]
    error: str | None
    failing_since: datetime | None
    trunk: str | None


class NewTenant(Input):
    """A tenant to be added."""

    slug: ShortName
    name: Given
    sip_domain: Given
    time_zone: Given
    country: Annotated[str, Field(pattern=r"^[A-Za-z]{2}$")]


class SystemTenantChange(Input):
    """What is to be changed of a tenant; what is left out stays."""

    name: Given | None = None
    sip_domain: Given | None = None
    time_zone: Given | None = None
    country: Annotated[str, Field(pattern=r"^[A-Za-z]{2}$")] | None = None
    first_extension: Number | None = None
    last_extension: Number | None = None
    reserved_numbers: Reserved | None = None


@offer(router, "GET", "/system/tenants", scope=Scope.SYSTEM_READ, answers=page_of(TenantJson))
def list_tenants(request: ApiRequest, after: After = "", limit: Limit = USUAL) -> Page:
    """List the tenants by their short names."""
    views = list_tenants_after(after, limit=limit + 1)
    following = views[limit - 1].slug if len(views) > limit else None
    return Page(tuple(to_tenant_json(view) for view in views[:limit]), following)


@offer(router, "POST", "/system/tenants", scope=Scope.SYSTEM_WRITE, answers=SHAPE, status=201)
def add_tenant(request: ApiRequest, body: NewTenant) -> TenantJson:
    """Add a tenant."""
    with transaction.atomic():
        view = operations.add_tenant(**body.given())
        _note(request, "tenant.added", view.slug, view.id)
    return to_tenant_json(view)


@offer(router, "GET", "/system/tenants/{str:slug}", scope=Scope.SYSTEM_READ, answers=SHAPE)
def get_system_tenant(request: ApiRequest, slug: Slug) -> TenantJson:
    """Get a tenant."""
    return to_tenant_json(get_tenant(slug))


@offer(router, "PATCH", "/system/tenants/{str:slug}", scope=Scope.SYSTEM_WRITE, answers=SHAPE)
def change_system_tenant(request: ApiRequest, slug: Slug, body: SystemTenantChange) -> TenantJson:
    """Change a tenant."""
    before = get_tenant(slug)
    chosen = None
    if body.first_extension is not None or body.last_extension is not None:
        chosen = parse_range(
            body.first_extension or str(before.first_extension),
            body.last_extension or str(before.last_extension),
        )
    numbers = body.reserved_numbers
    with transaction.atomic():
        view = operations.change_tenant(
            slug,
            name=body.name,
            sip_domain=body.sip_domain,
            time_zone=body.time_zone,
            country=body.country,
            extension_range=chosen,
            reserved_numbers=None if numbers is None else [int(each) for each in numbers],
        )
        told = told_change(to_tenant_json(before), to_tenant_json(view))
        _note(request, "tenant.changed", slug, view.id, **told)
    return to_tenant_json(view)


@offer(router, "GET", "/system/health", scope=Scope.SYSTEM_READ, answers=page_of(HealthJson))
def list_health(
    request: ApiRequest,
    after: After = "",
    limit: Limit = USUAL,
    needs_action: bool = False,  # noqa: FBT001, FBT002 - a parameter of the address
) -> Page:
    """List how the tenants' integrations are, the worst first."""
    now, skip = utc_now(), as_number(after)
    states = NEEDS_ACTION if needs_action else frozenset()
    table = read_health(Wanted(states=states, skip=skip, limit=limit), now=now)
    following = str(skip + limit) if skip + limit < table.found else None
    return Page(tuple(_health(row, now) for row in table.rows), following)


def _health(row: TenantHealth, now: datetime) -> HealthJson:
    return HealthJson(
        tenant=row.slug,
        state=row.health,
        last_success_at=row.succeeded_at,
        next_run_at=row.next_at,
        missed=row.missed,
        people=row.people,
        held_run=row.held_run,
        throttled_seconds=row.throttled_seconds,
        certificate_days=row.days_left(now),
        missing_permissions=row.missing,
        error=row.error_code,
        failing_since=row.failing_since,
        trunk=row.trunk,
    )


@offer(
    router,
    "POST",
    "/system/tenants/{str:slug}/suspend",
    scope=Scope.SYSTEM_WRITE,
    answers=SHAPE,
)
def suspend_tenant(request: ApiRequest, slug: Slug) -> TenantJson:
    """Suspend a tenant: nothing of it runs until it is resumed."""
    view = get_tenant(slug)
    with transaction.atomic():
        operations.suspend_tenant(slug)
        _note(request, "tenant.suspended", slug, view.id)
    return to_tenant_json(get_tenant(slug))


@offer(
    router,
    "POST",
    "/system/tenants/{str:slug}/resume",
    scope=Scope.SYSTEM_WRITE,
    answers=SHAPE,
)
def resume_tenant(request: ApiRequest, slug: Slug) -> TenantJson:
    """Let a suspended tenant work again."""
    view = get_tenant(slug)
    with transaction.atomic():
        operations.resume_tenant(slug)
        _note(request, "tenant.resumed", slug, view.id)
    return to_tenant_json(get_tenant(slug))


def _note(request: ApiRequest, action: str, slug: str, tenant_id: int, **detail: object) -> None:
    actor = request.auth.actor
    note(actor=actor, action=action, subject=slug, tenant_id=tenant_id, detail=detail)
