"""Explain a person: what the directory said, and what the PBX makes of it."""

from datetime import datetime

import msgspec

from rollcall.core.explanation import Standing, Steps, explain
from rollcall.core.plan import ExtensionState, KnownExtension, RefusalReason
from rollcall.core.records import SourceId, UserRecord
from rollcall.integrations.people import DirectoryPerson, Wishes, find_person, get_wishes
from rollcall.integrations.queries import IntegrationView
from rollcall.telephony.queries import ExtensionKey, find_by_person
from rollcall.tenants.queries import TenantView
from rollcall.wiring.settings import to_sync_settings


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """The five steps of one person."""

    directory_object_id: str
    name: str
    principal_name: str | None
    email: str | None
    number: str | None
    state: str | None
    reason: str | None
    steps: Steps
    decided_by: str | None
    decided_at: datetime | None


def explain_person(tenant: TenantView, integration: IntegrationView, person: str) -> Explanation:
    """Explain the person that `person` means; raises SetupError if nobody is meant."""
    found = find_person(tenant.id, person)
    settings = to_sync_settings(tenant, integration)
    key = find_by_person(tenant.id, found.object_id)
    wishes = get_wishes(tenant.id, found.object_id)
    standing = _standing(found, key, wishes)
    steps = explain(
        found.record,
        removed=found.removed,
        standing=standing,
        policy=settings.user_policy(settings.people.select()),
    )
    record = found.record or UserRecord(source_id=SourceId(found.object_id))
    return Explanation(
        directory_object_id=found.object_id,
        name=found.display_name or found.object_id,
        principal_name=record.principal_name or None,
        email=record.email or None,
        number=str(key.number) if key and key.state != "released" else None,
        state=key.state if key else None,
        reason=found.refusal,
        steps=steps,
        decided_by=wishes.decided_by,
        decided_at=wishes.decided_at,
    )


def _standing(found: DirectoryPerson, key: ExtensionKey | None, wishes: Wishes) -> Standing:
    decision = ""
    if wishes.linked_to is not None:
        decision = f"To be linked to extension {wishes.linked_to}."
    elif wishes.separate:
        decision = "To have an extension of their own."
    return Standing(
        extension=_to_known(key) if key else None,
        refusal=RefusalReason(found.refusal) if found.refusal else None,
        detail=found.detail or "",
        decision=decision,
        assigned=wishes.assigned_number,
    )


def _to_known(key: ExtensionKey) -> KnownExtension:
    return KnownExtension(
        extension_id=key.id,
        version=0,
        number=key.number,
        state=ExtensionState(key.state),
        deleted=key.deleted,
    )
