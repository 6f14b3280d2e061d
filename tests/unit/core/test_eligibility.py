"""Who may come in, and who must leave."""

from typing import Any

import pytest
from tests.unit.core.samples import POLICY, policy, record

from rollcall.core.eligibility import entry_refusal, leave_reason
from rollcall.core.policy import Mode, Names, Selection
from rollcall.core.records import SourceId

NAMELESS = {"first_name": "", "last_name": ""}
ONLY_BOB = Selection(mode=Mode.ONLY, ids=frozenset({SourceId("bob")}))


@pytest.mark.parametrize(
    ("values", "rules", "reason"),
    [
        ({}, {}, None),
        ({"email": ""}, {}, None),
        ({"licensed": False}, {}, None),
        ({"enabled": False}, {}, "disabled"),
        ({"guest": True}, {}, "guest"),
        ({"guest": True}, {"guests": True}, None),
        ({}, {"selection": ONLY_BOB}, "not-selected"),
        (NAMELESS, {}, "no-name"),
        ({"first_name": ""}, {}, None),
        (NAMELESS, {"names": Names.DISPLAY_NAME}, None),
        ({**NAMELESS, "display_name": ""}, {"names": Names.DISPLAY_NAME}, "no-name"),
    ],
)
def test_new_people_need_an_open_account_a_name_and_to_be_selected(
    values: dict[str, Any], rules: dict[str, Any], reason: str | None
) -> None:
    refused = entry_refusal(record("anna", **values), policy(**rules))
    assert (refused and refused.reason.value) == reason
    assert refused is None or refused.detail.endswith(".")


@pytest.mark.parametrize(
    ("values", "rules", "reason"),
    [
        ({}, {}, None),
        (NAMELESS, {}, None),
        ({**NAMELESS, "display_name": ""}, {}, None),
        ({"enabled": False}, {}, "disabled"),
        ({"guest": True}, {}, "guest"),
        ({"guest": True}, {"guests": True}, None),
        ({}, {"selection": ONLY_BOB}, "not-selected"),
    ],
)
def test_people_leave_for_the_same_reasons_but_never_for_an_empty_name(
    values: dict[str, Any], rules: dict[str, Any], reason: str | None
) -> None:
    assert leave_reason(record("anna", **values), policy(**rules)) == reason


def test_whom_the_directory_deleted_is_a_leaver() -> None:
    assert leave_reason(None, POLICY) == "deleted"
