"""Who of a directory may come in, and as what: the rules of signing in with Microsoft.

    claims (who it is) + extension (who is synchronised) + settings ──► Admitted | EntryRefusal

Whose claims they are was verified before (rollcall.oidc). A person is known by the object id
alone: nothing here has ever seen a mail address.
"""

from collections.abc import Collection
from enum import StrEnum

import msgspec

from rollcall.core.policy import Selection
from rollcall.core.records import SourceId


class EntryRole(StrEnum):
    """As what somebody comes in."""

    ADMINISTRATOR = "administrator"
    USER = "user"


class GrantKind(StrEnum):
    """To whom a role is given: to one person, or to all of a group."""

    PERSON = "person"
    GROUP = "group"


class RoleGrant(msgspec.Struct, frozen=True):
    """A role that was given to an object of the directory."""

    role: EntryRole
    kind: GrantKind
    object_id: SourceId


class EntryRules(msgspec.Struct, frozen=True, kw_only=True):
    """What an administrator decided: whether people sign in, who of them, and with which roles."""

    sign_in: bool = False
    selection: Selection = Selection()
    grants: tuple[RoleGrant, ...] = ()


class ExtensionStanding(StrEnum):
    """How the extension of a person is."""

    ACTIVE = "active"
    BLOCKED = "blocked"
    RELEASED = "released"


class DirectoryPerson(msgspec.Struct, frozen=True, kw_only=True):
    """A person whom the directory was read to have. Without an extension: not synchronised."""

    object_id: SourceId
    extension_id: int | None = None
    state: ExtensionStanding = ExtensionStanding.ACTIVE
    deleted: bool = False
    guest: bool = False


class EntryRefusal(StrEnum):
    """Why somebody whom Microsoft knows may not come in."""

    OFF = "off"
    NOT_SYNCHRONISED = "not-synchronised"
    GUEST = "guest"
    BLOCKED = "blocked"
    NOT_SELECTED = "not-selected"
    SUSPENDED = "suspended"
    UNHEALTHY = "unhealthy"


class Admitted(msgspec.Struct, frozen=True):
    """Somebody may come in: as what, and with which extension."""

    role: EntryRole
    extension_id: int


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """An admitted person of a tenant, as it is to be called. Made by integrations.sign_in.

    `email` is where mail goes, or the principal name of somebody without: it is shown, and nothing
    is ever found by it.
    """

    tenant_id: int
    directory_id: str
    object_id: str
    extension_id: int
    role: EntryRole
    name: str
    email: str


def decide_entry(
    person: DirectoryPerson | None,
    rules: EntryRules,
    *,
    groups: Collection[SourceId] = frozenset(),
) -> Admitted | EntryRefusal:
    """Return as what a person may come in, or why not.

    Administrators on the list come in even while other people do not sign in with Microsoft. A
    guest who was synchronised (an administrator switched guests on) is a person like all others.
    """
    role = _granted_role(person, rules, groups)
    if role is None and not rules.sign_in:
        return EntryRefusal.OFF
    if person is None or person.extension_id is None or person.deleted:
        return _missing(person)
    if person.state is not ExtensionStanding.ACTIVE:
        return EntryRefusal.BLOCKED
    if role is None and not rules.selection.includes(person.object_id):
        return EntryRefusal.NOT_SELECTED
    return Admitted(role or EntryRole.USER, person.extension_id)


def _missing(person: DirectoryPerson | None) -> EntryRefusal:
    guest = person is not None and person.guest
    return EntryRefusal.GUEST if guest else EntryRefusal.NOT_SYNCHRONISED


def _granted_role(
    person: DirectoryPerson | None, rules: EntryRules, groups: Collection[SourceId]
) -> EntryRole | None:
    """Return the highest role that was given to the person, or to a group of theirs."""
    if person is None:
        return None
    given = {
        grant.role
        for grant in rules.grants
        if (grant.kind is GrantKind.PERSON and grant.object_id == person.object_id)
        or (grant.kind is GrantKind.GROUP and grant.object_id in groups)
    }
    return next((role for role in EntryRole if role in given), None)
