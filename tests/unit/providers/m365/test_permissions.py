"""Which permissions each switch needs, and which one a token seems to lack."""

from collections.abc import Collection

import pytest

from rollcall.core.policy import Stage
from rollcall.providers.m365.permissions import (
    CONTACTS,
    GROUPS,
    PERMISSIONS,
    PURPOSES,
    USERS,
    missing_permission,
    needed,
)

EVERY_ROLE = (USERS, CONTACTS, PURPOSES, GROUPS)


def names(*stages: Stage) -> list[str]:
    return [each.name for each in needed(stages)]


def test_people_are_always_read_and_contacts_when_switched_on() -> None:
    assert names() == [USERS]
    assert names(Stage.USERS, Stage.PHOTOS) == [USERS]
    assert names(Stage.PERSONAL_CONTACTS) == [USERS, CONTACTS]
    assert names(Stage.COMPANY_CONTACTS) == [USERS, CONTACTS, PURPOSES]
    assert GROUPS not in names(*Stage)


def test_the_ids_are_those_of_graphs_application_roles() -> None:
    assert {each.name: each.role_id for each in PERMISSIONS} == {
        "User.Read.All": "df021288-bdef-4463-88db-98f22de89214",
        "Contacts.Read": "089fe4d0-434a-44c5-8827-41ba8a0b17f5",
        "MailboxSettings.Read": "40f97065-369a-49f4-947c-6a255697ae91",
        "GroupMember.Read.All": "98830695-27a2-44f7-8c18-0c3ebc9698f6",
    }


@pytest.mark.parametrize(
    ("stage", "roles", "missing"),
    [
        (Stage.USERS, EVERY_ROLE, ""),
        (Stage.USERS, (CONTACTS,), USERS),
        (Stage.PHOTOS, (), USERS),
        (Stage.PHOTOS, None, USERS),
        (Stage.PERSONAL_CONTACTS, (USERS,), CONTACTS),
        (Stage.PERSONAL_CONTACTS, (USERS, CONTACTS), ""),
        (Stage.COMPANY_CONTACTS, (USERS,), CONTACTS),
        (Stage.COMPANY_CONTACTS, (USERS, CONTACTS), ""),
    ],
)
def test_the_permission_that_a_stage_lacks_is_named_and_optional_ones_are_not(
    stage: Stage, roles: Collection[str] | None, missing: str
) -> None:
    assert missing_permission(stage, roles) == missing
