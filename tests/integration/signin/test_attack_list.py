"""The table of attacks is whole: each attack of the issue has its test, each test its line."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

HERE: Final = Path(__file__).parent
ATTACKS: Final = HERE / "attacks"
TABLE: Final = HERE.parents[2] / "docs" / "reference" / "sign-in-attacks.md"
LEAST: Final = 40

DEMANDED: Final = {
    "nOAuth, foreign directory with the victim's mail": (
        "test_a_person_of_a_foreign_directory_with_the_victims_mail_is_refused"
    ),
    "nOAuth, same directory, another person with the victim's mail": (
        "test_another_person_of_the_directory_with_the_victims_mail_is_refused"
    ),
    "alg none": "test_a_token_that_is_not_signed_is_refused",
    "HS256 with the public key": ("test_a_token_signed_with_the_public_key_as_a_secret_is_refused"),
    "wrong kid": "test_a_token_with_an_unknown_key_id_is_refused",
    "key of another directory": "test_a_token_signed_by_another_directorys_key_is_refused",
    "foreign iss": "test_a_token_of_a_foreign_issuer_is_refused",
    "foreign aud": "test_an_audience_that_is_not_ours_alone_is_refused",
    "foreign tid": "test_a_token_of_a_foreign_directory_is_refused",
    "replayed code": "test_a_code_is_good_for_one_sign_in",
    "replayed state": "test_a_state_is_good_for_one_answer",
    "missing nonce": "test_a_token_without_the_nonce_is_refused",
    "mixed-up tenants": "test_the_state_of_one_tenant_does_not_take_the_code_of_another",
    "login CSRF": "test_a_victims_browser_does_not_enter_with_the_attackers_answer",
    "session fixation": "test_a_session_cookie_planted_before_is_never_used",
    "open redirect by next": "test_nobody_is_sent_to_another_site_after_signing_in",
    "host header": "test_a_callback_at_another_host_is_refused",
    "redirect_uri tricks": "test_the_redirect_uri_is_one_of_the_configuration",
    "expired tokens": "test_an_expired_token_is_refused",
    "future tokens": "test_a_token_from_the_future_is_refused",
    "huge tokens": "test_a_huge_token_is_refused",
    "duplicate claims": "test_a_claim_that_is_there_twice_is_refused",
    "id_token of another application": "test_a_token_for_another_application_is_refused",
    "callback by GET and POST": "test_an_answer_by_post_is_refused",
    "cross-tenant cookie": "test_a_session_of_one_tenant_opens_no_page_of_another",
    "race of two callbacks": "test_of_two_answers_at_once_one_begins_a_session",
    "JWKS that never answers": "test_a_key_document_that_never_answers_stops_nobody_else",
    "JWKS swapped": "test_keys_that_were_swapped_for_others_let_nobody_in",
    "discovery with a foreign issuer": "test_a_discovery_with_a_foreign_issuer_is_refused",
    "case tricks in e-mail": "test_the_case_of_an_address_makes_nobody_else",
    "unicode look-alikes": "test_a_name_that_looks_like_the_victims_is_somebody_elses",
    "blocked person with a live session": (
        "test_the_session_of_a_person_whom_a_run_blocks_has_ended"
    ),
}
"""What was asked for, and where it is tried."""


@cache
def _tests() -> list[str]:
    return [
        node.name
        for path in sorted(ATTACKS.glob("test_*.py"))
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
