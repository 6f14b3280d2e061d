"""One mailbox: its folders, what is in them, and what its refusals mean."""

import asyncio
from collections.abc import Mapping

import pytest
from tests.unit.providers.scripted import BatchGraph, Parts, good, refusal

from rollcall.core.contacts import FolderReading
from rollcall.core.errors import ContractError
from rollcall.core.ports import BookRequest, FolderPlace
from rollcall.core.records import FolderId, SourceId
from rollcall.providers.m365.batch import ItemAnswer
from rollcall.providers.m365.contacts import BookReader, MailboxError, to_mailbox_error
from rollcall.providers.m365.folders import DEFAULT_FOLDER, LISTED

ROOT = "https://graph.microsoft.com/v1.0"
DELTA = ROOT + "/delta"
SUBFOLDER = FolderId("AQ1")
BELOW = FolderId("AQ2")
GONE = refusal(404, "ErrorItemNotFound")
LOST = refusal(410, "SyncStateNotFound")


def page(*contacts: str, next_link: str = "", delta_link: str = "") -> Parts:
    links = {"@odata.nextLink": next_link, "@odata.deltaLink": delta_link}
    body = {"value": [{"id": each, "displayName": each} for each in contacts]}
    return good({**body, **{name: link for name, link in links.items() if link}})


def folders(**names: str) -> Parts:
    return good({"value": [{"id": each, "displayName": name} for each, name in names.items()]})


class Mailbox:
    """A mailbox as a table: how a path begins, and the answer to it; the longest that fits."""

    def __init__(self, answers: Mapping[str, Parts]) -> None:
        self._answers = answers
        self.graph = BatchGraph(self._answer)

    def _answer(self, path: str) -> Parts:
        start = max((each for each in self._answers if path.startswith(each)), key=len)
        return self._answers[start]

    async def read(
        self, *places: FolderPlace, subfolders: bool = True, delta: bool = True
    ) -> dict[str, FolderReading]:
        request = BookRequest(1, SourceId("u"), subfolders=subfolders, folders=places)
        async with self.graph.queue() as queue:
            reading = await BookReader(queue, request, root=ROOT, delta=delta).read()
        assert reading.book_id == 1
        return {folder.path: folder for folder in reading.folders}


def place(folder_id: FolderId, cursor: str, contacts: int = 100) -> FolderPlace:
    return FolderPlace(folder_id, FolderId(""), "", cursor, contacts)


def names(reading: FolderReading) -> list[str]:
    return [contact.contact_id for contact in reading.contacts]


LIST_OF_FOLDERS = "/users/u/contactFolders?"
DEFAULT = "/users/u/contactFolders/contacts/contacts/delta?"
DEFAULT_LIST = "/users/u/contacts?"


def below(folder_id: str) -> str:
    return f"/users/u/contactFolders/{folder_id}/childFolders?"


def inside(folder_id: str) -> str:
    return f"/users/u/contactFolders/{folder_id}/contacts/delta?"


def tree() -> dict[str, Parts]:
    return {
        LIST_OF_FOLDERS: folders(AQ1="Customers"),
        below("AQ1"): folders(AQ2="Old\n ones"),
        below("AQ2"): folders(),
        DEFAULT: page("a", delta_link=DELTA + "?0"),
        inside("AQ1"): page("b", delta_link=DELTA + "?1"),
        inside("AQ2"): page("c", delta_link=DELTA + "?2"),
    }


async def test_all_folders_below_the_default_one_are_read_with_their_paths() -> None:
    found = await Mailbox(tree()).read()

    assert {path: names(folder) for path, folder in found.items()} == {
        "Contacts": ["a"],
        "Contacts/Customers": ["b"],
        "Contacts/Customers/Old  ones": ["c"],
    }
    assert found["Contacts/Customers/Old  ones"].parent_id == SUBFOLDER
    assert found["Contacts/Customers"].parent_id == DEFAULT_FOLDER
    assert all(folder.complete for folder in found.values())
    assert found["Contacts"].cursor == DELTA + "?0"


async def test_without_subfolders_only_the_default_one_is_asked_for() -> None:
    mailbox = Mailbox(tree())

    assert set(await mailbox.read(subfolders=False)) == {"Contacts"}
    assert len(mailbox.graph.paths) == 1


async def test_each_request_wants_ids_that_stay() -> None:
    mailbox = Mailbox(tree())
    await mailbox.read()

    preferences = [headers["Prefer"] for headers in mailbox.graph.headers.values()]

    assert all('IdType="ImmutableId"' in each for each in preferences)
    assert len(preferences) == 6


async def test_known_folders_are_read_since_their_cursors_in_one_round() -> None:
    answers = tree() | {
        "/delta?0": page(delta_link=DELTA + "?10"),
        "/delta?1": page("d", delta_link=DELTA + "?11"),
        "/delta?2": page(delta_link=DELTA + "?12"),
    }
    mailbox = Mailbox(answers)

    found = await mailbox.read(
        place(DEFAULT_FOLDER, DELTA + "?0"),
        place(SUBFOLDER, DELTA + "?1"),
        place(BELOW, DELTA + "?2"),
    )

    assert [folder.complete for folder in found.values()] == [False] * 3
    assert names(found["Contacts/Customers"]) == ["d"]
    assert found["Contacts/Customers"].cursor == DELTA + "?11"
    assert len(mailbox.graph.paths) == 6
    assert len(mailbox.graph.batches) == 2, "four requests to a mailbox at once"


async def test_pages_are_followed_and_the_last_word_on_a_contact_counts() -> None:
    back = {"id": "a", "displayName": "a"}
    gone = {"id": "b", "@removed": {"reason": "deleted"}}
    answers: dict[str, Parts] = {
        LIST_OF_FOLDERS: folders(),
        DEFAULT: good(
            {
                "value": [{"id": "a", "@removed": {"reason": "deleted"}}, {"id": "b"}],
                "@odata.nextLink": ROOT + "/next",
            }
        ),
        "/next": good({"value": [back, gone], "@odata.deltaLink": DELTA}),
    }

    found = await Mailbox(answers).read()

    assert names(found["Contacts"]) == ["a"]
    assert found["Contacts"].removed == ("b",)


async def test_an_empty_page_is_not_the_end() -> None:
    answers: dict[str, Parts] = {
        LIST_OF_FOLDERS: folders(),
        DEFAULT: page(next_link=ROOT + "/next"),
        "/next": page("a", delta_link=DELTA),
    }

    assert names((await Mailbox(answers).read())["Contacts"]) == ["a"]


@pytest.mark.parametrize("since", ["", DELTA + "?0"])
async def test_a_folder_with_a_contact_that_makes_no_sense_is_read_again(since: str) -> None:
    odd = good({"value": [{"id": "a", "mobilePhone": []}, {"id": "b"}], "@odata.deltaLink": DELTA})
    mailbox = Mailbox({LIST_OF_FOLDERS: folders(), DEFAULT: odd, "/delta": odd})

    found = await mailbox.read(*([place(DEFAULT_FOLDER, since)] if since else []))

    assert found["Contacts"].unreadable == ("a",)
    assert names(found["Contacts"]) == ["b"]
    assert found["Contacts"].cursor == since


@pytest.mark.parametrize(
    ("contacts", "asked", "cursor"), [(21, DEFAULT, DELTA), (20, DEFAULT_LIST, LISTED)]
)
async def test_a_folder_that_lost_its_cursor_is_read_whole(
    contacts: int, asked: str, cursor: str
) -> None:
    mailbox = Mailbox(
        {
            LIST_OF_FOLDERS: folders(),
            "/delta?0": LOST,
            DEFAULT: page("a", delta_link=DELTA),
            DEFAULT_LIST: page("a"),
        }
    )

    found = await mailbox.read(place(DEFAULT_FOLDER, DELTA + "?0", contacts))

    assert found["Contacts"].complete
    assert found["Contacts"].cursor == cursor
    assert mailbox.graph.paths[-1].startswith(asked)


@pytest.mark.parametrize(
    "no_delta",
    [
        refusal(400, "BadRequest"),
        refusal(404, "ResourceNotFound"),
        refusal(405, ""),
        refusal(501, "NotImplemented"),
        LOST,
    ],
)
async def test_where_there_is_no_delta_the_folder_is_listed(no_delta: Parts) -> None:
    mailbox = Mailbox(
        {
            LIST_OF_FOLDERS: folders(),
            DEFAULT: no_delta,
            DEFAULT_LIST: page("a", next_link=ROOT + "/users/u/contacts?$skip=1"),
            "/users/u/contacts?$skip=1": page("b"),
        }
    )

    found = await mailbox.read()

    assert names(found["Contacts"]) == ["a", "b"]
    assert (found["Contacts"].complete, found["Contacts"].cursor) == (True, LISTED)


async def test_in_a_cloud_without_delta_none_is_asked_for() -> None:
    mailbox = Mailbox({LIST_OF_FOLDERS: folders(), DEFAULT_LIST: page("a")})

    found = await mailbox.read(place(DEFAULT_FOLDER, DELTA), delta=False)

    assert names(found["Contacts"]) == ["a"]
    assert not any("delta" in path for path in mailbox.graph.paths)


async def test_a_folder_that_is_gone_is_not_in_the_reading() -> None:
    mailbox = Mailbox(
        {
            LIST_OF_FOLDERS: folders(),
            DEFAULT: page(delta_link=DELTA),
            below("AQ1"): GONE,
            "/delta?1": GONE,
        }
    )

    assert set(await mailbox.read(place(SUBFOLDER, DELTA + "?1"))) == {"Contacts"}


@pytest.mark.parametrize("gone", [below("AQ1"), inside("AQ2") + "$deltatoken"])
async def test_a_folder_that_is_listed_and_gone_is_a_contradiction(gone: str) -> None:
    answers = tree() | {gone: GONE}
    link = ROOT + inside("AQ2") + "$deltatoken=1"

    with pytest.raises(MailboxError, match="could not be found") as raised:
        await Mailbox(answers).read(place(BELOW, link))

    assert raised.value.status == "failed"


@pytest.mark.parametrize(
    "answers",
    [
        {LIST_OF_FOLDERS: good({"value": [], "@odata.nextLink": "https://evil.example/x"})},
        {DEFAULT: page("a", next_link="https://evil.example/x")},
        {DEFAULT: page("a", delta_link="https://evil.example/x")},
        {DEFAULT: page("a", delta_link="//evil.example/x")},
    ],
)
async def test_a_link_to_another_host_is_neither_followed_nor_kept(
    answers: Mapping[str, Parts],
) -> None:
    with pytest.raises(ContractError) as raised:
        await Mailbox({**tree(), **answers}).read()

    assert raised.value.code == "foreign-link"


async def test_a_page_of_a_round_without_any_link_is_half_an_answer() -> None:
    with pytest.raises(ContractError, match="neither"):
        await Mailbox(tree() | {DEFAULT: page("a")}).read()


@pytest.mark.parametrize(
    ("status", "code", "expected", "problem"),
    [
        (404, "MailboxNotEnabledForRESTAPI", "no-mailbox", "no-mailbox"),
        (404, "Whatever", "no-mailbox", "no-mailbox"),
        (403, "ErrorAccessDenied", "not-permitted", "not-permitted"),
        (403, "Whatever", "not-permitted", "not-permitted"),
        (500, "ErrorInternalServerError", "failed", "mailbox-not-read"),
        (504, "", "failed", "mailbox-not-read"),
        (400, "BadRequest", "failed", "mailbox-not-read"),
    ],
)
def test_a_mailboxs_refusal_has_a_status_a_code_and_ids(
    status: int, code: str, expected: str, problem: str
) -> None:
    body = f'{{"error": {{"code": "{code}"}}}}'.encode()

    error = to_mailbox_error(ItemAnswer(status, {"request-id": "theirs"}, body))

    assert (error.status, error.code) == (expected, problem)
    assert f"({f'{status} {code}'.strip()}, Microsoft's request id theirs" in str(error)


async def test_a_mailbox_that_refuses_ends_its_reading_once_all_has_answered() -> None:
    mailbox = Mailbox(tree() | {DEFAULT: refusal(403, "ErrorAccessDenied")})

    with pytest.raises(MailboxError) as raised:
        await mailbox.read()

    assert raised.value.status == "not-permitted"
    left = {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}
    assert not left
