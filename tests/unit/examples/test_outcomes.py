"""What the documented refusals lead to: written down from what each means for an administrator."""

from datetime import UTC, datetime

import pytest

from rollcall.core.errors import ContractError, SetupError
from rollcall.core.ports import PhotoTag
from rollcall.core.records import SourceId
from rollcall.providers.http.client import Answer
from rollcall.providers.http.retry import Wait, judge_status
from rollcall.providers.m365.answers import decode_error
from rollcall.providers.m365.auth import explain_refusal
from rollcall.providers.m365.batch import ItemAnswer
from rollcall.providers.m365.contacts import to_mailbox_error
from rollcall.providers.m365.graph import LostPlaceError, to_error
from tests.needs import shared_contracts
from tests.unit.examples.documented import Example, read_examples
from tests.unit.examples.replay import open_replay

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PERSON = SourceId("87d349ed-44d7-43e1-9a83-5f2406dee5bd")

MAILBOXES = {"310": "no-mailbox", "305": "no-mailbox", "309": "no-mailbox", "314": "not-permitted"}
DIRECTORY = {
    "128": (ContractError, ""),
    "303": (LostPlaceError, "cursor-lost"),
    "311": (ContractError, ""),
    "313": (SetupError, "permission-missing"),
}
TOKEN = {
    "318": "request-refused",
    "319": "certificate-not-registered",
    "320": "clock-wrong",
    "321": "client-secret",
    "322": "wrong-application",
    "323": "wrong-directory",
    "324": "client-secret",
}


@pytest.fixture(scope="session")
def examples() -> dict[str, Example]:
    """All examples, by number."""
    folder = shared_contracts("microsoft") / "examples"
    return {each.file[:3]: each for each in read_examples(folder)}


@pytest.mark.parametrize(("number", "status"), MAILBOXES.items())
def test_a_documented_refusal_of_a_mailbox_says_whether_there_is_none_or_it_is_hidden(
    examples: dict[str, Example], number: str, status: str
) -> None:
    example = examples[number]

    error = to_mailbox_error(ItemAnswer(example.header.status or 0, {}, example.body))

    assert error.status == status
    assert example.plain["error"]["innerError"]["request-id"] in str(error)


@pytest.mark.parametrize(("number", "outcome"), DIRECTORY.items())
def test_a_documented_refusal_of_the_directory_is_somebodys_to_mend(
    examples: dict[str, Example], number: str, outcome: tuple[type[Exception], str]
) -> None:
    example = examples[number]
    kind, code = outcome

    error = to_error(decode_error(example.header.status or 0, {}, example.body), "User.Read.All")

    assert type(error) is kind
    assert error.code == code or not code


@pytest.mark.parametrize(("number", "code"), TOKEN.items())
def test_a_documented_refusal_of_the_token_endpoint_has_its_code(
    examples: dict[str, Example], number: str, code: str
) -> None:
    example = examples[number]

    error = explain_refusal(Answer(example.header.status or 0, {}, example.body, "ours"), NOW)

    assert error.code == code


@pytest.mark.parametrize("number", ["157", "315"])
def test_documented_throttling_is_waited_out_for_as_long_as_it_says(
    examples: dict[str, Example], number: str
) -> None:
    header = examples[number].header
    headers = {name.lower(): value for name, value in header.response_headers.items()}

    verdict = judge_status(header.status or 0, headers, attempt=1, jitter=0.0, now=NOW)

    assert verdict == Wait(seconds=float(headers["retry-after"]), throttled=True)


@pytest.mark.parametrize("number", ["305", "306", "307", "308", "309"])
async def test_every_documented_404_of_a_photo_is_no_photo(
    examples: dict[str, Example], number: str
) -> None:
    assert examples[number].header.status == 404

    async with open_replay(lambda _: b"", missing=examples[number].body) as (source, _):
        tags = [each async for each in source.read_tags([PERSON])]

    assert tags == [PhotoTag(source_id=PERSON, tag="")]
