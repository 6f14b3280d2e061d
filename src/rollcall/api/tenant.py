"""The tenant that a token is of."""

from typing import Annotated

import msgspec
from ninja import Router
from pydantic import Field

from rollcall.access.scopes import Scope
from rollcall.api.door import ApiRequest, offer, tenant_of
from rollcall.api.shapes import Given, Input, Number, shape_of
from rollcall.audit.operations import note
from rollcall.core.numbering import parse_range
from rollcall.tenants.operations import change_tenant
from rollcall.tenants.queries import get_tenant_by_id
from rollcall.wiring.documents import TenantJson, to_tenant_json

router = Router(tags=["Tenant"])
SHAPE = shape_of(TenantJson)

Reserved = Annotated[
    list[Annotated[str, Field(pattern=r"^[1-9][0-9]{0,12}$")]], Field(max_length=1000)
]


class TenantChange(Input):
    """What is to be changed of the tenant; what is left out stays."""

    name: Given | None = None
    time_zone: Given | None = None
    country: Annotated[str, Field(pattern=r"^[A-Za-z]{2}$")] | None = None
    first_extension: Number | None = None
    last_extension: Number | None = None
    reserved_numbers: Reserved | None = None


@offer(router, "GET", "/tenant", scope=Scope.READ, answers=SHAPE)
def get_tenant(request: ApiRequest) -> TenantJson:
    """Get the tenant."""
    return to_tenant_json(get_tenant_by_id(tenant_of(request)))


@offer(router, "PATCH", "/tenant", scope=Scope.INTEGRATION_WRITE, answers=SHAPE)
def change(request: ApiRequest, body: TenantChange) -> TenantJson:
    """Change the tenant.

    Short name and SIP domain are the provider's to change.
    """
    before = get_tenant_by_id(tenant_of(request))
    chosen = None
    if body.first_extension is not None or body.last_extension is not None:
        chosen = parse_range(
            body.first_extension or str(before.first_extension),
            body.last_extension or str(before.last_extension),
        )
    numbers = body.reserved_numbers
    view = change_tenant(
        before.slug,
        name=body.name,
        time_zone=body.time_zone,
        country=body.country,
        extension_range=chosen,
        reserved_numbers=None if numbers is None else [int(each) for each in numbers],
    )
    note(
        actor=request.auth.actor,
        action="tenant.changed",
        subject=view.slug,
        tenant_id=view.id,
        detail=told_change(to_tenant_json(before), to_tenant_json(view)),
    )
    return to_tenant_json(view)


def told_change(before: TenantJson, after: TenantJson) -> dict[str, object]:
    """Return what differs, as the audit log tells it: old and new."""
    old, new = msgspec.to_builtins(before), msgspec.to_builtins(after)
    return {name: {"old": old[name], "new": new[name]} for name in new if new[name] != old[name]}
