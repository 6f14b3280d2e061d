"""Which permissions each switch needs, and what for. Data: the guide, the check and the docs.

https://learn.microsoft.com/graph/permissions-reference
"""

from collections.abc import Collection

import msgspec

from rollcall.core.policy import Stage

USERS = "User.Read.All"
CONTACTS = "Contacts.Read"
PURPOSES = "MailboxSettings.Read"
GROUPS = "GroupMember.Read.All"


class Permission(msgspec.Struct, frozen=True):
    """One application permission of Graph: its id in a manifest, and what it is for."""

    name: str
    role_id: str
    purpose: str
    stages: frozenset[Stage]
    optional: bool = False


PERMISSIONS = (
    Permission(
        USERS,
        "df021288-bdef-4463-88db-98f22de89214",
        "Read people and their photos.",
        frozenset({Stage.USERS, Stage.PHOTOS}),
    ),
    Permission(
        CONTACTS,
        "089fe4d0-434a-44c5-8827-41ba8a0b17f5",
        "Read people's own contacts and those of shared mailboxes.",
        frozenset({Stage.PERSONAL_CONTACTS, Stage.COMPANY_CONTACTS}),
    ),
    Permission(
        PURPOSES,
        "40f97065-369a-49f4-947c-6a255697ae91",
        "Recognise shared mailboxes; without it, they are named by hand.",
        frozenset({Stage.COMPANY_CONTACTS}),
        optional=True,
    ),
    Permission(
        GROUPS,
        "98830695-27a2-44f7-8c18-0c3ebc9698f6",
        "Read groups, to select people by them (not used yet).",
        frozenset(),
        optional=True,
    ),
)


def needed(stages: Collection[Stage]) -> tuple[Permission, ...]:
    """Return the permissions for the stages that are switched on; people are always read."""
    return tuple(
        each for each in PERMISSIONS if each.name == USERS or each.stages.intersection(stages)
    )


def missing_permission(stage: Stage, roles: Collection[str] | None) -> str:
    """Name the permission that a token with `roles` lacks for `stage`; "" if none.

    Only a hint: Exchange can grant Contacts.Read by itself, and then no role says so.
    """
    names = (each.name for each in PERMISSIONS if stage in each.stages and not each.optional)
    return next((name for name in names if name not in (roles or ())), "")
