"""Microsoft's documented examples are decoded by our adapter as they are."""

from collections import Counter
from pathlib import Path

import pytest

from tests.needs import shared_contracts
from tests.unit.examples.documented import FILES, Example, read_examples
from tests.unit.examples.families import FAMILIES, IN_SCOPE, NEVER_OUT, Family, families_of
from tests.unit.examples.readings import read_error

LEAST = 200
"""So many examples there are at least: fewer would mean that they were not found."""


@pytest.fixture(scope="session")
def folder() -> Path:
    """Where the examples are."""
    return shared_contracts("microsoft") / "examples"


@pytest.fixture(scope="session")
def examples(folder: Path) -> tuple[Example, ...]:
    """All examples."""
    return tuple(read_examples(folder))


def test_every_example_is_read_and_is_of_one_family(
    folder: Path, examples: tuple[Example, ...]
) -> None:
    names = {example.file: [each.name for each in families_of(example)] for example in examples}

    assert len(examples) == len(list(folder.glob(FILES))) >= LEAST
    assert {file: found for file, found in names.items() if len(found) != 1} == {}


def test_what_is_out_of_scope_is_so_by_its_url_and_is_nothing_that_we_ask_for() -> None:
    out = {family.name: family.why_not for family in FAMILIES if family.reading is None}

    assert {family.name for family in IN_SCOPE} >= NEVER_OUT
    assert all(out.values())


def test_no_example_of_what_we_ask_for_is_out_of_scope(examples: tuple[Example, ...]) -> None:
    ours = ("/photo", "contactfolders", "$batch", "oauth2/v2.0/token", "/users/delta")
    wrong = [
        example.file
        for example in examples
        for family in families_of(example)
        if family.reading is None
        and (any(each in example.path for each in ours) or example.path in {"/users", "/me"})
    ]

    assert wrong == []


@pytest.mark.parametrize("family", IN_SCOPE, ids=lambda family: family.name)
def test_all_answers_of_a_family_are_decoded_as_they_are(
    family: Family, examples: tuple[Example, ...]
) -> None:
    own = [each for each in examples if families_of(each) == [family]]
    wrong = [f"{each.file}: {why}" for each in own for why in _read(each, family)]

    assert [each for each in own if each.body], "no example has an answer"
    assert not wrong, "\n".join(wrong)


def test_all_errors_are_understood_whatever_was_asked_for(examples: tuple[Example, ...]) -> None:
    errors = [each for each in examples if _is_error(each)]
    kinds = Counter(type(each.plain["error"]) for each in errors)
    wrong = [f"{each.file}: {why}" for each in errors for why in read_error(each)]

    assert kinds[str] >= 7, "refusals of the token endpoint"
    assert kinds[dict] >= 15, "errors of Graph"
    assert not wrong, "\n".join(wrong)


def _read(example: Example, family: Family) -> list[str]:
    if _is_error(example):
        return read_error(example)
    decodable = example.body or (example.sent and family.name == "batch")
    return family.reading(example) if family.reading and decodable else []


def _is_error(example: Example) -> bool:
    return isinstance(example.plain, dict) and "error" in example.plain
