"""Reset of the tenant's Microsoft 365 integration."""

from typing import Literal

from ninja import Router

from rollcall.access.scopes import Scope
from rollcall.api.door import ApiRequest, offer, tenant_of
from rollcall.api.shapes import Given, Input, shape_of
from rollcall.core.errors import SetupError
from rollcall.integrations.queries import get_integration
from rollcall.integrations.reset_operations import Fate, reset_integration
from rollcall.tenants.queries import get_tenant_by_id
from rollcall.wiring.machine import utc_now
from rollcall.wiring.reset import ResetJson, to_reset_json

router = Router(tags=["Integration"])


class ResetRequest(Input):
    """What becomes of the extensions, and the slug of the token's tenant once more.

    `keep` lets them go on as hand-made ones, `block` blocks them until the same directory is
    connected again.
    """

    extensions: Literal["keep", "block"]
    tenant: Given


@offer(
    router,
    "POST",
    "/integration/reset",
    scope=Scope.INTEGRATION_WRITE,
    answers=shape_of(ResetJson),
    live=True,
)
def reset(request: ApiRequest, body: ResetRequest) -> ResetJson:
    """Cut the tenant loose from its directory, as if it had never been connected.

    Ids, key pairs, lists, what was read of the directory, and sessions and accounts of signing in
    with Microsoft go. A run that is going on is cancelled; runs and their reports stay.
    """
    tenant = get_tenant_by_id(tenant_of(request))
    get_integration(tenant.id)
    if body.tenant != tenant.slug:
        raise SetupError(
            "This is not the slug of the token's tenant, so nothing was reset.", code="not-meant"
        )
    fate = Fate(body.extensions)
    done = reset_integration(tenant.id, extensions=fate, actor=request.auth.actor, now=utc_now())
    return to_reset_json(tenant, fate, done)
