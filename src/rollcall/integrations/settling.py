"""Settle who is signed in with Microsoft after anything changed that admitted them.

Done when settings are saved, after a run was applied, and by the scheduler in between, so that it
happens even where a process died in between. Each time says the same of the same rows.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from django.db import transaction

from rollcall.accounts.holders import (
    Holder,
    drop_orphans,
    end_passwords,
    holders_in,
    lower_accounts,
    lower_holder,
    raised_accounts,
    sign_out_holder,
    tenants_with_holders,
)
from rollcall.audit.operations import note
from rollcall.core.admission import (
    DirectoryPerson,
    EntryRefusal,
    EntryRole,
    EntryRules,
    ExtensionStanding,
    decide_entry,
)
from rollcall.core.batches import split_batches
from rollcall.core.records import SourceId
from rollcall.integrations.models import Integration
from rollcall.integrations.queries import MICROSOFT
from rollcall.integrations.queue import when_committed
from rollcall.integrations.sign_in import rules_of

AT_ONCE: Final = 200
"""So many tenants are settled in one transaction."""

RULES: Final = "sign-in rules"
"""Who ends a session, in the audit log."""


def settle_later(tenant_id: int) -> None:
    """Settle a tenant's sessions when the transaction is committed; where that does not come to
    pass, the scheduler does it within a minute."""
    when_committed(lambda: settle_sign_ins(tenant_id))


def settle_sign_ins(tenant_id: int) -> int:
    """End the sessions of those whom the tenant admits no more, take roles that are not given any
    more; return how many sessions and accounts that touched."""
    return _settle([tenant_id])


def settle_all(*, now: datetime) -> int:
    """Do so for all tenants where somebody is signed in with Microsoft, or passwords are off."""
    enforcing = Integration.objects.all_tenants().filter(source=MICROSOFT, enforce_sign_in=True)
    tenants = {*tenants_with_holders(), *enforcing.values_list("tenant_id", flat=True)}
    return sum(_settle(batch) for _, batch in split_batches(sorted(tenants), AT_ONCE))


@transaction.atomic
def _settle(tenant_ids: Collection[int]) -> int:
    holders, raised = holders_in(tenant_ids), raised_accounts(tenant_ids)
    people = {each.object_id for each in holders} | {who for _, who in raised.values() if who}
    rules = rules_of(tenant_ids, people)
    integrations = Integration.objects.all_tenants().filter(
        tenant_id__in=list(tenant_ids), source=MICROSOFT
    )
    settings = list(integrations.values_list("tenant_id", "directory_id", "enforce_sign_in"))
    directories = {tenant_id: str(directory_id) for tenant_id, directory_id, _ in settings}
    touched = sum(_settle_holder(each, rules, directories) for each in holders)
    touched += lower_accounts(
        [pk for pk, (tenant_id, who) in raised.items() if not _is_listed(who, rules[tenant_id])]
    )
    touched += end_passwords([tenant_id for tenant_id, _, enforced in settings if enforced])
    return touched + drop_orphans(tenant_ids)


def _settle_holder(
    holder: Holder, rules: Mapping[int, EntryRules], directories: Mapping[int, str]
) -> int:
    decision = _decide(holder, rules[holder.tenant_id])
    if directories.get(holder.tenant_id) != holder.directory_id:
        decision = EntryRefusal.NOT_SYNCHRONISED
    if isinstance(decision, EntryRefusal):
        count = sign_out_holder(holder)
        _note(holder, decision, count)
        return count
    lowered = decision.value != holder.granted == EntryRole.ADMINISTRATOR.value
    return lower_holder(holder) if lowered else 0


def _decide(holder: Holder, rules: EntryRules) -> EntryRole | EntryRefusal:
    theirs = holder.linked_to == holder.object_id
    person = DirectoryPerson(
        object_id=SourceId(holder.object_id),
        extension_id=holder.extension_id if theirs else None,
        state=ExtensionStanding(holder.state or "released"),
        deleted=holder.deleted,
    )
    decision = decide_entry(person, rules)
    return decision if isinstance(decision, EntryRefusal) else decision.role


def _is_listed(object_id: str | None, rules: EntryRules) -> bool:
    given = {grant.object_id for grant in rules.grants if grant.role is EntryRole.ADMINISTRATOR}
    return object_id in given


def _note(holder: Holder, refusal: EntryRefusal, count: int) -> None:
    if count:
        note(
            actor=RULES,
            action="sessions.ended",
            subject=str(holder.account_id),
            tenant_id=holder.tenant_id,
            detail={"count": count, "reason": refusal.value},
        )
