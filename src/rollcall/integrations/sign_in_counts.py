"""How many people may sign in with Microsoft by the settings as they are."""

import msgspec

from rollcall.integrations.queries import IntegrationView, ListView
from rollcall.telephony.people_counts import count_working, count_working_among


class SignInCounts(msgspec.Struct, frozen=True):
    """How many come in as users, and how many as administrators, who are among the users or not."""

    users: int
    administrators: int


def count_admitted(integration: IntegrationView) -> SignInCounts:
    """Count the people with a working extension whom the settings admit."""
    tenant_id = integration.tenant_id
    return SignInCounts(
        users=_users(integration) if integration.sign_in else 0,
        administrators=count_working_among(tenant_id, _ids(integration.administrators)),
    )


def _users(integration: IntegrationView) -> int:
    chosen, tenant_id = integration.sign_in_people, integration.tenant_id
    if chosen.mode == "only":
        return count_working_among(tenant_id, _ids(chosen))
    left_out = count_working_among(tenant_id, _ids(chosen)) if chosen.mode == "except" else 0
    return count_working(tenant_id) - left_out


def _ids(listed: ListView) -> list[str]:
    return sorted({object_id for _line, object_id in listed.lines if object_id})
