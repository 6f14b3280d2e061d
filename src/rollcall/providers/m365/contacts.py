"""The contacts of one mailbox: the default folder and all folders below it.

https://learn.microsoft.com/graph/api/user-list-contacts,
https://learn.microsoft.com/graph/api/contact-delta,
https://learn.microsoft.com/graph/outlook-immutable-id
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from rollcall.core.contacts import FolderReading
from rollcall.core.errors import ContractError
from rollcall.core.ports import BookReading, BookRequest, FolderPlace
from rollcall.core.records import ContactId, ContactRecord, FolderId
from rollcall.providers.m365.batch import Item, ItemAnswer
from rollcall.providers.m365.batch_queue import BatchQueue
from rollcall.providers.m365.faults import (
    ITEM_GONE,
    MAILBOXES,
    MAY_BE_NO_DELTA,
    START_OVER,
    MailboxFault,
)
from rollcall.providers.m365.folders import (
    DEFAULT_FOLDER,
    LISTED,
    ROOT_PATH,
    Manner,
    after_lost_cursor,
    choose_manner,
)
from rollcall.providers.m365.graph import FORBIDDEN, GONE
from rollcall.providers.m365.links import relative_path
from rollcall.providers.m365.mapping import clean_text, to_contact
from rollcall.providers.m365.wire import (
    CONTACT_FIELDS,
    ContactPageWire,
    FolderPageWire,
    GraphContact,
    GraphFolder,
    Page,
    decode_page,
)

A = TypeVar("A")
B = TypeVar("B")
T = TypeVar("T")

SELECT = ",".join(CONTACT_FIELDS)
SHAPE = f"contacts {SELECT}"
PERMISSION = "Contacts.Read"
PAGE_SIZE = 500
MOST_PAGES = 5_000
MOST_FOLDERS = 2_000
NOT_FOUND = 404
NO_DELTA = frozenset({400, 404, 405, 501})

IMMUTABLE = ("Prefer", 'IdType="ImmutableId"')
"""Ids that stay when a contact moves to another folder; asked for with every request."""

IMMUTABLE_PAGES = ("Prefer", f'IdType="ImmutableId", odata.maxpagesize={PAGE_SIZE}')


class MailboxError(Exception):
    """This mailbox cannot be read; the others can."""

    def __init__(self, status: str, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code


class _FolderGoneError(Exception):
    """The folder is not there any more."""


class _NoDeltaError(Exception):
    """The folder cannot be read incrementally here."""


class _LostCursorError(Exception):
    """The mailbox does not know the cursor any more."""


class BookReader:
    """Reads one mailbox, all its folders at once."""

    def __init__(self, queue: BatchQueue, request: BookRequest, *, root: str, delta: bool) -> None:
        self._queue = queue
        self._request = request
        self._root = root
        self._delta = delta
        self._user = f"/users/{quote(request.mailbox)}"
        self._places: Mapping[FolderId, FolderPlace] = {
            place.folder_id: place for place in request.folders
        }
        self._vanished: set[FolderId] = set()

    async def read(self) -> BookReading:
        """Read the folders, and what is in them; raise MailboxError if that cannot be done.

        The folders that are known are read while the tree is being looked at, so that a mailbox
        without news takes one round.
        """
        known = [each for each in self._places if each != DEFAULT_FOLDER]
        if not self._request.subfolders:
            known = []
        default, found, early = await _three_of(
            self._read_folder(DEFAULT_FOLDER),
            self._walk(known),
            self._try_folders(known),
        )
        late = await self._try_folders([each for each in found if each not in early])
        readings = {**early, **late}
        below = []
        for folder_id, (parent_id, path) in found.items():
            reading = readings[folder_id]
            if reading is None or folder_id in self._vanished:
                raise MailboxError(
                    "failed",
                    "mailbox-not-read",
                    "A contact folder that Microsoft lists could not be found; nothing of this "
                    "mailbox is changed, and the next run tells.",
                )
            below.append(msgspec.structs.replace(reading, parent_id=parent_id, path=path))
        return BookReading(book_id=self._request.book_id, folders=(default, *below))

    # the tree of folders

    async def _walk(self, known: list[FolderId]) -> dict[FolderId, tuple[FolderId, str]]:
        """Return each folder below the default one, with its parent and its path."""
        if not self._request.subfolders:
            return {}
        children: dict[FolderId, list[GraphFolder]] = {}
        pending = [DEFAULT_FOLDER, *known]
        while pending:
            listed = await _all_of(self._list_children(each) for each in pending)
            children.update(zip(pending, listed, strict=True))
            pending = [
                FolderId(folder.id or "")
                for folders in listed
                for folder in folders
                if folder.id and folder.id not in children
            ]
            if len(children) > MOST_FOLDERS:
                raise ContractError(f"A mailbox has more than {MOST_FOLDERS} contact folders.")
        return _paths(children)

    async def _list_children(self, folder_id: FolderId) -> list[GraphFolder]:
        below = "contactFolders"
        if folder_id != DEFAULT_FOLDER:
            below = f"contactFolders/{quote(folder_id)}/childFolders"
        path = f"{self._user}/{below}?$top={PAGE_SIZE}&$select=id,displayName,parentFolderId"
        folders: list[GraphFolder] = []
        for _ in range(MOST_PAGES):
            page = await self._ask(path, IMMUTABLE, decode_folders)
            if isinstance(page, ItemAnswer):
                if folder_id != DEFAULT_FOLDER and _is_gone(page):
                    self._vanished.add(folder_id)
                    return []
                raise to_mailbox_error(page)
            folders += page.value
            if not page.next_link:
                return folders
            path = relative_path(page.next_link, self._root)
        raise ContractError("The folders of a mailbox do not end.")

    # what is in a folder

    async def _try_folders(self, ids: Sequence[FolderId]) -> dict[FolderId, FolderReading | None]:
        readings = await _all_of(self._try_folder(each) for each in ids)
        return dict(zip(ids, readings, strict=True))

    async def _try_folder(self, folder_id: FolderId) -> FolderReading | None:
        try:
            return await self._read_folder(folder_id)
        except _FolderGoneError:
            return None

    async def _read_folder(self, folder_id: FolderId) -> FolderReading:
        place = self._places.get(folder_id)
        manner = choose_manner(place, delta=self._delta)
        if manner is Manner.SINCE and place is not None:
            try:
                return await self._read_delta(folder_id, since=place.cursor)
            except _LostCursorError:
                manner = after_lost_cursor(place)
        if manner is not Manner.LIST:
            try:
                return await self._read_delta(folder_id, since="")
            except (_NoDeltaError, _LostCursorError):
                pass
        return await self._read_list(folder_id)

    async def _read_delta(self, folder_id: FolderId, *, since: str) -> FolderReading:
        start = f"{self._user}/contactFolders/{quote(folder_id)}/contacts/delta?$select={SELECT}"
        path = relative_path(since, self._root) if since else start
        draft = _Draft(folder_id)
        for _ in range(MOST_PAGES):
            answer = await self._ask(path, IMMUTABLE_PAGES, decode_contacts)
            if isinstance(answer, ItemAnswer):
                raise _to_delta_error(answer, folder_id, first=path == start)
            page = draft.add(*answer)
            if page.delta_link:
                relative_path(page.delta_link, self._root)  # a foreign one is not kept
                cursor = since if draft.unreadable else page.delta_link
                return draft.finish(complete=not since, cursor=cursor)
            if not page.next_link:
                raise ContractError("A page of contacts has neither a next nor a delta link.")
            path = relative_path(page.next_link, self._root)
        raise ContractError("The contacts of a folder do not end.")

    async def _read_list(self, folder_id: FolderId) -> FolderReading:
        within = "" if folder_id == DEFAULT_FOLDER else f"/contactFolders/{quote(folder_id)}"
        path = f"{self._user}{within}/contacts?$select={SELECT}&$top={PAGE_SIZE}"
        draft = _Draft(folder_id)
        for _ in range(MOST_PAGES):
            answer = await self._ask(path, IMMUTABLE, decode_contacts)
            if isinstance(answer, ItemAnswer):
                if folder_id != DEFAULT_FOLDER and _is_gone(answer):
                    raise _FolderGoneError
                raise to_mailbox_error(answer)
            page = draft.add(*answer)
            if not page.next_link:
                return draft.finish(complete=True, cursor=LISTED)
            path = relative_path(page.next_link, self._root)
        raise ContractError("The contacts of a folder do not end.")

    # one request

    async def _ask(
        self, path: str, preference: tuple[str, str], decode: Callable[[bytes], T]
    ) -> T | ItemAnswer:
        item = Item(
            path=path,
            mailbox=self._request.mailbox,
            permission=PERMISSION,
            headers=(preference,),
        )
        return await self._queue.ask(item, decode)


class _Draft:
    """What has been read of one folder so far; the last word on a contact wins."""

    def __init__(self, folder_id: FolderId) -> None:
        self._folder_id = folder_id
        self._contacts: dict[ContactId, ContactRecord] = {}
        self._removed: set[ContactId] = set()
        self.unreadable: list[ContactId] = []

    def add(self, page: Page[GraphContact], bad: Sequence[str]) -> Page[GraphContact]:
        """Take in one page."""
        for each in page.value:
            contact_id = ContactId(each.id or "")
            if each.removed is not None:
                self._contacts.pop(contact_id, None)
                self._removed.add(contact_id)
            else:
                self._removed.discard(contact_id)
                self._contacts[contact_id] = to_contact(each, self._folder_id)
        self.unreadable += [ContactId(each) for each in bad]
        return page

    def finish(self, *, complete: bool, cursor: str) -> FolderReading:
        return FolderReading(
            folder_id=self._folder_id,
            parent_id=FolderId(""),
            path=ROOT_PATH,
            complete=complete,
            contacts=tuple(self._contacts.values()),
            removed=tuple(sorted(self._removed)),
            unreadable=tuple(self.unreadable),
            cursor=cursor,
        )


def decode_folders(body: bytes) -> Page[GraphFolder]:
    """Decode a page of folders."""
    return msgspec.json.decode(body, type=FolderPageWire)


def decode_contacts(body: bytes) -> tuple[Page[GraphContact], list[str]]:
    """Decode a page of contacts; the second part names those that could not be understood."""
    page, bad = decode_page(ContactPageWire, GraphContact, body)
    if not all(bad) or not all(contact.id for contact in page.value):
        raise msgspec.DecodeError("a contact without an id")
    return page, bad


def to_mailbox_error(answer: ItemAnswer) -> MailboxError:
    """Return why a mailbox cannot be read, from the answer to one of its requests."""
    error = answer.error
    fault = MAILBOXES.get(error.key)
    if fault is None and answer.status == FORBIDDEN:
        fault = MAILBOXES["erroraccessdenied"]
    if fault is None and answer.status == NOT_FOUND:
        fault = MAILBOXES["resourcenotfound"]
    if fault is None:
        fault = MailboxFault("failed", "The mailbox could not be read; the next run tries again.")
    reference = f"{error.sentence}, {error.reference}"
    return MailboxError(
        fault.status,
        fault.status if fault.status != "failed" else "mailbox-not-read",
        f"{fault.sentence} ({reference})",
    )


def _to_delta_error(answer: ItemAnswer, folder_id: FolderId, *, first: bool) -> Exception:
    """Return what a refusal of a delta request means; `first` is the one without a cursor."""
    error = answer.error
    if answer.status == GONE or error.key in START_OVER:
        return _LostCursorError()
    if folder_id != DEFAULT_FOLDER and not first and _is_gone(answer):
        return _FolderGoneError()
    definite = error.key in MAILBOXES and error.key not in MAY_BE_NO_DELTA
    if first and answer.status in NO_DELTA and not definite:
        return _NoDeltaError()
    return to_mailbox_error(answer)


def _is_gone(answer: ItemAnswer) -> bool:
    return answer.status == NOT_FOUND and answer.error.key in ITEM_GONE


async def _three_of(
    first: Coroutine[Any, Any, A], second: Coroutine[Any, Any, B], third: Coroutine[Any, Any, T]
) -> tuple[A, B, T]:
    one, two, three = await asyncio.gather(first, second, third, return_exceptions=True)
    if isinstance(one, BaseException):
        raise one
    if isinstance(two, BaseException):
        raise two
    if isinstance(three, BaseException):
        raise three
    return one, two, three


async def _all_of(coroutines: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run all of them to their end, then raise the first error if there was one."""
    results = await asyncio.gather(*coroutines, return_exceptions=True)
    good: list[T] = []
    for result in results:
        if isinstance(result, BaseException):
            raise result
        good.append(result)
    return good


def _paths(
    children: Mapping[FolderId, list[GraphFolder]],
) -> dict[FolderId, tuple[FolderId, str]]:
    """Return parent and path of each folder that can be reached from the default one."""
    paths: dict[FolderId, tuple[FolderId, str]] = {}
    pending = [(DEFAULT_FOLDER, ROOT_PATH)]
    while pending:
        parent_id, parent_path = pending.pop()
        for folder in children.get(parent_id, ()):
            folder_id = FolderId(folder.id or "")
            if folder_id and folder_id not in paths:
                path = f"{parent_path}/{clean_text(folder.display_name)}"
                paths[folder_id] = (parent_id, path)
                pending.append((folder_id, path))
    return paths
