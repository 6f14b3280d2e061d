"""The table of attacks is whole: each attack of the issue has its test, each test its line."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

HERE: Final = Path(__file__).parent
FILES: Final = (*sorted((HERE / "attacks").glob("test_*.py")), HERE / "test_flood.py")
TABLE: Final = HERE.parents[1] / "docs" / "reference" / "sip-attacks.md"
LEAST: Final = 40

DEMANDED: Final = {
    "register into another domain": "test_a_phone_does_not_register_into_another_domain",
    "call another tenant's extension": (
        "test_another_tenants_extension_is_not_called_by_its_address"
    ),
    "spoofed From": "test_a_colleagues_number_is_not_shown_for_ones_own",
    "spoofed Contact": "test_a_contact_at_another_tenants_phone_leads_nobody_there",
    "spoofed Route": "test_a_route_of_the_phones_own_leads_to_nobody",
    "spoofed P-Asserted-Identity": "test_what_a_phone_claims_about_itself_is_not_passed_on",
    "replayed credentials": "test_a_registration_that_was_overheard_is_not_used_again",
    "expired credentials": "test_an_expired_line_is_dead",
    "digest of another realm": "test_credentials_of_another_realm_do_not_answer_a_challenge",
    "guessing": "test_a_source_that_guesses_is_slowed_and_others_are_not",
    "flood": "test_a_flood_of_thousands_a_second_starves_nobody",
}
"""What was asked for, and where it is tried."""


@cache
def _tests() -> list[str]:
    return [
        node.name
        for path in FILES
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


@pytest.mark.parametrize("attack", DEMANDED)
def test_each_attack_that_was_asked_for_is_tried(attack: str) -> None:
    """A test that goes away takes its attack with it: that shows here."""
    assert DEMANDED[attack] in _tests()


def test_there_are_enough_of_them_and_no_name_is_there_twice() -> None:
    """Names of tests are how one speaks of an attack."""
    tests = _tests()
    assert len(tests) == len(set(tests))
    assert len(tests) >= LEAST


def test_the_table_of_attacks_has_a_line_for_each_test() -> None:
    """The reference page names each test, and no other."""
    named = re.findall(r"`(test_\w+)`", TABLE.read_text())
    assert sorted(named) == sorted(_tests())
