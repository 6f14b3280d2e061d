"""Who may sign in with Microsoft: which tenants offer it, and whether one person is admitted.

The offers of all tenants are read by the owner of the tables or by the system role alike, where
nobody is signed in yet; whether somebody is admitted, by the owner.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from rollcall.core.admission import (
    Admission,
    DirectoryPerson,
    EntryRefusal,
    EntryRole,
    EntryRules,
    ExtensionStanding,
    GrantKind,
    RoleGrant,
    decide_entry,
)
from rollcall.core.policy import Mode, Selection
from rollcall.core.records import SourceId
from rollcall.integrations.domains import domain_of
from rollcall.integrations.models import Integration, KeyPair, ListEntry
from rollcall.integrations.queries import MICROSOFT
from rollcall.integrations.rules import ADMINISTRATORS
from rollcall.tenants.queries import get_tenant_by_id
from rollcall.tenants.statements import fetch, load_statements

SQL: Final = load_statements("rollcall.integrations", "sign_in.sql")

MOST_OFFERS: Final = 20
"""So many companies of one domain are offered; nobody wants to choose among more."""


class SignInOffer(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant that one can sign in to with Microsoft now.

    `users` is false where administrators alone do; `enforced` says that passwords are off for the
    people of the directory.
    """

    tenant_id: int
    slug: str
    name: str
    users: bool
    enforced: bool


def find_offer(tenant_id: int, *, now: datetime) -> SignInOffer | None:
    """Return a tenant's offer, if it makes one now: see `conditions_of`."""
    found = _offers(now=now, limit=1, tenant=tenant_id)
    return found[0] if found else None


def find_offer_at(slug: str, *, now: datetime) -> SignInOffer | None:
    """Return the offer of the tenant with this slug, if there is one that makes one now."""
    found = _offers(now=now, limit=1, slug=slug)
    return found[0] if found else None


def offers_of_address(email: str, *, now: datetime) -> list[SignInOffer]:
    """Return the tenants that somebody with this address may belong to, by name."""
    domain = domain_of(email)
    return _offers(now=now, limit=MOST_OFFERS, domain=domain) if domain else []


def only_offer(*, now: datetime) -> SignInOffer | None:
    """Return the offer of the one tenant that there is, if it makes one."""
    found = _offers(now=now, limit=2)
    if len(found) != 1 or fetch(SQL["others"], {"tenant": found[0].tenant_id})[0][0]:
        return None
    return found[0]


def any_offer(*, now: datetime) -> bool:
    """Tell whether anybody can sign in with Microsoft."""
    return bool(_offers(now=now, limit=1))


def _offers(
    *,
    now: datetime,
    limit: int,
    tenant: int | None = None,
    slug: str | None = None,
    domain: str | None = None,
) -> list[SignInOffer]:
    values = {"now": now, "limit": limit, "tenant": tenant, "slug": slug, "domain": domain}
    return [
        SignInOffer(tenant_id=tenant_id, slug=slug, name=name, users=users, enforced=enforced)
        for tenant_id, slug, name, users, enforced in fetch(SQL["offers"], values)
    ]


class OfferConditions(msgspec.Struct, frozen=True, kw_only=True):
    """What must be so that a tenant offers Microsoft's sign-in; all of it is `met`, or not."""

    tenant_active: bool
    ids_set: bool
    key_accepted: bool
    key_valid: bool
    people_synchronised: bool
    somebody_allowed: bool

    @property
    def met(self) -> bool:
        """Whether the button is shown."""
        return all(getattr(self, name) for name in self.__struct_fields__)


def conditions_of(tenant_id: int, *, now: datetime) -> OfferConditions:
    """Return which of the conditions of an offer are met, for a page that says what to do."""
    row = Integration.objects.of(tenant_id).filter(source=MICROSOFT).first()
    keys = KeyPair.objects.of(tenant_id).filter(state=KeyPair.State.ACTIVE)
    ends = keys.values_list("not_after", flat=True).first()
    administrators = ListEntry.objects.of(tenant_id).filter(
        subject=ADMINISTRATORS, object_id__isnull=False
    )
    return OfferConditions(
        tenant_active=get_tenant_by_id(tenant_id).state == "active",
        ids_set=row is not None and None not in {row.application_id, row.directory_id},
        key_accepted=ends is not None,
        key_valid=ends is not None and ends > now,
        people_synchronised=row is not None and row.users_applied_at is not None,
        somebody_allowed=row is not None and (row.sign_in or administrators.exists()),
    )


def tenants_of_directory(directory_id: str) -> list[int]:
    """Return the tenants that are connected to a directory."""
    rows = fetch(SQL["tenants_of_directory"], {"directory": directory_id})
    return [int(tenant_id) for (tenant_id,) in rows]


def enforcing_tenants(tenant_ids: Collection[int]) -> frozenset[int]:
    """Return those tenants in which the directory's people have no passwords."""
    rows = Integration.objects.all_tenants().filter(
        tenant_id__in=list(tenant_ids), source=MICROSOFT, enforce_sign_in=True
    )
    return frozenset(rows.values_list("tenant_id", flat=True))


def admit(
    tenant_id: int, directory_id: str, object_id: str, *, now: datetime
) -> Admission | EntryRefusal:
    """Return as whom a tenant admits a person of a directory, or why it does not.

    Who it is was verified before; nothing is looked at here but the two ids.
    """
    entrance = _find_entrance(tenant_id, object_id, now)
    if (found := _closed(entrance)) is not None:
        return found
    if entrance.directory_id != directory_id:
        return EntryRefusal.NOT_SYNCHRONISED
    decision = decide_entry(_person_of(entrance, object_id), _rules_about(entrance, object_id))
    if isinstance(decision, EntryRefusal):
        return decision
    if entrance.disabled:
        return EntryRefusal.BLOCKED
    return Admission(
        tenant_id=tenant_id,
        directory_id=directory_id,
        object_id=object_id,
        extension_id=decision.extension_id,
        role=decision.role,
        name=entrance.name or "",
        email=entrance.email or entrance.principal_name or object_id,
    )


class _Entrance(msgspec.Struct, frozen=True):
    """The row of the statement `entrance`: what decides about one person, as one reading."""

    tenant_state: str
    directory_id: str | None
    sign_in: bool | None
    mode: str | None
    synchronised: bool
    key_valid: bool
    somebody_listed: bool
    chosen: bool
    listed: bool
    extension_id: int | None
    extension_state: str | None
    deleted: bool
    name: str | None
    email: str | None
    principal_name: str | None
    guest: bool | None
    disabled: bool | None


def _find_entrance(tenant_id: int, object_id: str, now: datetime) -> _Entrance:
    values = {"tenant": tenant_id, "person": object_id, "now": now}
    return _Entrance(*fetch(SQL["entrance"], values)[0])


def _closed(entrance: _Entrance) -> EntryRefusal | None:
    """Return why nobody at all comes in by Microsoft; the conditions are those of an offer."""
    if entrance.tenant_state != "active":
        return EntryRefusal.SUSPENDED
    if not entrance.sign_in and not entrance.somebody_listed:
        return EntryRefusal.OFF
    healthy = entrance.synchronised and entrance.key_valid
    return None if healthy else EntryRefusal.UNHEALTHY


def _person_of(entrance: _Entrance, object_id: str) -> DirectoryPerson | None:
    if entrance.extension_id is None and entrance.guest is None:
        return None
    return DirectoryPerson(
        object_id=SourceId(object_id),
        extension_id=entrance.extension_id,
        state=ExtensionStanding(entrance.extension_state or "active"),
        deleted=entrance.deleted,
        guest=bool(entrance.guest),
    )


def _rules_about(entrance: _Entrance, object_id: str) -> EntryRules:
    person = {SourceId(object_id)}
    return _to_rules(
        bool(entrance.sign_in),
        entrance.mode or Mode.ONLY,
        chosen=person if entrance.chosen else (),
        administrators=person if entrance.listed else (),
    )


def rules_of(tenant_ids: Iterable[int], object_ids: Collection[str]) -> Mapping[int, EntryRules]:
    """Return the rules of tenants, as far as they are about these people. Lists may be long.

    A tenant without an integration lets nobody in.
    """
    wanted = list(tenant_ids)
    rows = Integration.objects.all_tenants().filter(tenant_id__in=wanted, source=MICROSOFT)
    settings = dict(_by_tenant(rows.values_list("tenant_id", "sign_in", "sign_in_mode")))
    entries = ListEntry.objects.all_tenants().filter(
        tenant_id__in=wanted,
        subject__in=(ListEntry.Subject.SIGN_IN, ADMINISTRATORS),
        object_id__in=list(object_ids),
    )
    lists: dict[tuple[int, str], set[SourceId]] = {}
    for tenant_id, subject, object_id in entries.values_list("tenant_id", "subject", "object_id"):
        lists.setdefault((tenant_id, subject), set()).add(SourceId(object_id or ""))
    return {
        tenant_id: _to_rules(
            *settings.get(tenant_id, (False, Mode.ONLY)),
            chosen=lists.get((tenant_id, ListEntry.Subject.SIGN_IN.value), set()),
            administrators=lists.get((tenant_id, ADMINISTRATORS), set()),
        )
        for tenant_id in wanted
    }


def _by_tenant(rows: Iterable[tuple[Any, ...]]) -> Iterable[tuple[int, tuple[Any, ...]]]:
    return ((row[0], row[1:]) for row in rows)


def _to_rules(
    sign_in: bool,  # noqa: FBT001 - a column of a row
    mode: str,
    *,
    chosen: Collection[SourceId],
    administrators: Collection[SourceId],
) -> EntryRules:
    return EntryRules(
        sign_in=sign_in,
        selection=Selection(mode=Mode(mode), ids=frozenset(chosen)),
        grants=tuple(
            RoleGrant(EntryRole.ADMINISTRATOR, GrantKind.PERSON, each) for each in administrators
        ),
    )
