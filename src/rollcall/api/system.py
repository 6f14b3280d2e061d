"""The provider's part: tenants, with tokens that are no tenant's."""

from typing import Annotated

from django.db import transaction
from ninja import Path, Router
from pydantic import Field

from rollcall.access.scopes import Scope
from rollcall.api.door import ApiRequest, offer
from rollcall.api.paging import After
from rollcall.api.shapes import USUAL, Given, Input, Limit, Number, Page, page_of, shape_of
from rollcall.api.tenant import Reserved
from rollcall.audit.operations import note
from rollcall.core.numbering import parse_range
from rollcall.tenants import operations
from rollcall.tenants.queries import get_tenant, list_tenants_after
from rollcall.wiring.documents import TenantJson, to_tenant_json

router = Router(tags=["System"])
SHAPE = shape_of(TenantJson)

ShortName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$")]
Slug = Path[ShortName]


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
        _note(request, "tenant.changed", slug, view.id)
    return to_tenant_json(view)


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


def _note(request: ApiRequest, action: str, slug: str, tenant_id: int) -> None:
    note(actor=request.auth.actor, action=action, subject=slug, tenant_id=tenant_id)
