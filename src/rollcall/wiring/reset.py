"""What a reset did as JSON: the command prints it, the API answers it."""

import msgspec

from rollcall.integrations.reset_operations import Fate, ResetView
from rollcall.tenants.queries import TenantView


class ResetJson(msgspec.Struct, frozen=True, kw_only=True):
    """What a reset of an integration did."""

    tenant: str
    extensions: str
    extensions_changed: int
    company_contacts_kept: int
    personal_contacts_deleted: int
    accounts_deleted: int
    sessions_ended: int


def to_reset_json(tenant: TenantView, fate: Fate, view: ResetView) -> ResetJson:
    """Return what a reset did, of what there was before it."""
    kept = fate is Fate.KEEP
    there = view.extensions
    return ResetJson(
        tenant=tenant.slug,
        extensions=fate.value,
        extensions_changed=there.working + there.waiting + there.blocked if kept else there.working,
        company_contacts_kept=view.company_contacts if kept else 0,
        personal_contacts_deleted=view.personal_contacts if kept else 0,
        accounts_deleted=view.accounts.accounts,
        sessions_ended=view.accounts.sessions,
    )
