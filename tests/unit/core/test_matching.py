"""What a line of a list means: an id first, then a principal name, a mail address, an alias."""

import pytest
from tests.unit.core.samples import record

from rollcall.core.matching import AMBIGUOUS, NOT_FOUND, chosen_lines, line_key, match_lines

ANNA = record("anna", aliases=("a.weber@contoso.example", "reception@contoso.example"))
BOB = record("bob", aliases=("reception@contoso.example",))


@pytest.mark.parametrize(
    "line",
    ["anna", "anna@login.example", "ANNA@Contoso.Example", " a.weber@contoso.example "],
)
def test_a_line_is_an_id_a_principal_name_a_mail_address_or_an_alias(line: str) -> None:
    (match,) = match_lines([line], [ANNA, BOB])
    assert (match.source_id, match.problem, match.sentence) == ("anna", "", "")


def test_a_line_that_nobody_has_is_not_found() -> None:
    (match,) = match_lines(["cleo@contoso.example"], [ANNA, BOB])
    assert (match.source_id, match.problem) == (None, NOT_FOUND)
    assert "cleo@contoso.example" in match.sentence


def test_a_line_that_two_people_have_means_neither() -> None:
    (match,) = match_lines(["reception@contoso.example"], [ANNA, BOB])
    assert (match.source_id, match.problem) == (None, AMBIGUOUS)
    assert "more than one person" in match.sentence


def test_a_better_level_wins_over_a_worse_one() -> None:
    other = record("other", principal_name="bob@contoso.example")
    (match,) = match_lines(["bob@contoso.example"], [BOB, other])
    assert match.source_id == "other"


def test_a_better_level_that_is_ambiguous_does_not_fall_through_to_a_worse_one() -> None:
    twins = [record(name, principal_name="bob@contoso.example") for name in ("one", "two")]
    (match,) = match_lines(["bob@contoso.example"], [BOB, *twins])
    assert match.problem == AMBIGUOUS


def test_an_empty_address_matches_nothing() -> None:
    (match,) = match_lines(["x@contoso.example"], [record("anna", email="", principal_name="")])
    assert match.problem == NOT_FOUND


def test_lines_are_taken_once_in_their_order_without_the_empty_ones() -> None:
    assert chosen_lines([" b ", "", "a\n", "b", "  "]) == ("b", "a")


def test_two_spellings_of_an_address_have_the_same_key() -> None:
    assert line_key(" STRASSE@contoso.example") == line_key("straße@contoso.example ")
