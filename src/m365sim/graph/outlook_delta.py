"""Delta of a folder's contacts and of contact folders. Contract d.2, a.8.

The feed is the mailbox's record of changes; a token belongs to one folder. What a client knows a
contact by depends on the ids it asked for: with default ids a moved contact is another one, even
when it comes back.
"""

from bisect import bisect_right
from collections.abc import Callable
from functools import partial
from itertools import islice

from msgspec.structs import replace

from m365sim.answers import Answer, GraphError
from m365sim.graph.call import Call, PageLinks, answer_of, page_body
from m365sim.graph.contact_json import (
    ContactPen,
    checked_folder_select,
    checked_select,
    encode,
    removed_item,
    written_folder,
)
from m365sim.graph.contacts import chosen_folder
from m365sim.graph.item_ids import contact_id, folder_id
from m365sim.graph.mailboxes import OpenMailbox, open_mailbox
from m365sim.graph.options import bad_request
from m365sim.graph.permissions import CONTACTS
from m365sim.graph.rounds import Token, lives, lost, read_token, write_token
from m365sim.state.contents import DEFAULT_FOLDER, Folder

OPTIONS = frozenset({"$select", "$skiptoken", "$deltatoken"})
LARGEST_PAGE = 1000
Records = list[Callable[[], bytes]]
"""The rest of a round, written when a page reaches it."""


def contacts_delta(call: Call) -> Answer:
    """Answer one page of a round over a folder's contacts."""
    check_supported(call)
    mailbox = open_mailbox(call, CONTACTS)
    folder = chosen_folder(mailbox, call.arguments[1:])
    feed = f"contacts:{mailbox.sign}:{folder.number}"
    select = checked_select(call.options.names("$select"), call.world.cloud)
    token = _token(call, mailbox, feed, select)
    pen = ContactPen(
        mailbox.sign, token.select, immutable_ids=call.prefer.immutable_ids, typed=True
    )
    if token.first_round:
        contacts = mailbox.contents.contacts
        numbers = [one.number for one in mailbox.contents.in_folder(folder.number)]
        return _first_page(call, token, numbers, lambda number: pen.written(contacts[number]))
    return _page(call, token, _changed_contacts(mailbox, folder, token, pen))


def folders_delta(call: Call) -> Answer:
    """Answer one page of a round over all folders, or over those directly below another."""
    check_supported(call)
    mailbox = open_mailbox(call, CONTACTS)
    within = chosen_folder(mailbox, call.arguments[1:]) if len(call.arguments) > 1 else None
    feed = f"folders:{mailbox.sign}:{within.number if within else 0}"
    select = checked_folder_select(call.options.names("$select"))
    token = _token(call, mailbox, feed, select)
    contents = mailbox.contents
    if token.first_round:
        found = contents.children(within.number) if within else contents.below(DEFAULT_FOLDER)
        folders = {one.number: one for one in found}
        return _first_page(call, token, sorted(folders), _folder_writer(mailbox, within, token))
    touched = dict.fromkeys(
        change.folder
        for change in contents.between(token.since, token.upto)
        if not change.contact and (within is None or change.parent == within.number)
    )
    write = _folder_writer(mailbox, within, token)
    return _page(call, token, [partial(write, number) for number in touched])


def check_supported(call: Call) -> None:
    """Refuse where the cloud has no delta for contacts; what exactly 21Vianet says is not known."""
    if call.world.cloud.outlook_delta:
        return
    match call.world.settings.delta_unsupported_status:
        case 404:
            raise GraphError(404, "ResourceNotFound", "Resource not found for the segment 'delta'.")
        case 501:
            raise GraphError(501, "NotImplemented", "This operation target is not yet supported.")
        case status:
            raise GraphError(status, "BadRequest", "Resource not found for the segment 'delta'.")


def _token(call: Call, mailbox: OpenMailbox, feed: str, select: tuple[str, ...]) -> Token:
    text = call.options.text("$skiptoken") or call.options.text("$deltatoken")
    contents, ages = mailbox.contents, call.directory.contacts_tokens
    if not text:
        position = contents.position
        return Token(
            feed=feed,
            done=False,
            since=-1,
            upto=position,
            mark=contents.mark(position),
            age=ages.next,
            select=select,
        )
    token = read_token(text)
    if token is None or token.feed != feed or token.done != ("$deltatoken" in call.options.values):
        raise bad_request("The sync state is invalid.", code="SyncStateInvalid")
    generations = call.world.settings.mailbox_generations
    forgotten = generations is not None and contents.position - token.upto > generations
    if forgotten or not lives(token, contents, ages):
        start = f"{call.base}{call.path}?$deltatoken="
        raise lost(call.directory.contacts_expiry, start)
    if not token.done:
        return token
    position = contents.position
    return replace(
        token, done=False, since=token.upto, upto=position, mark=contents.mark(position), place=0
    )


def _first_page(
    call: Call, token: Token, numbers: list[int], write: Callable[[int], bytes]
) -> Answer:
    """Answer by ascending number, so that a round keeps its place while things come and go."""
    if call.quirks.empty_list or call.quirks.empty_page:
        return _page(call, token, [])
    size = _page_size(call)
    rest = numbers[bisect_right(numbers, token.place) :]
    page = rest[:size]
    place = page[-1] if page else token.place
    reached = replace(token, place=place, done=len(rest) <= size)
    return _written_page(call, reached, [write(number) for number in page])


def _changed_contacts(
    mailbox: OpenMailbox, folder: Folder, token: Token, pen: ContactPen
) -> Records:
    contents = mailbox.contents
    seen: dict[tuple[int, int], None] = {}
    for change in contents.between(token.since, token.upto):
        if change.contact and change.folder == folder.number:
            key = (change.contact, 0 if pen.immutable_ids else change.moves)
            seen.pop(key, None)
            seen[key] = None

    def write(number: int, moves: int) -> bytes:
        contact = contents.contacts.get(number)
        there = contact is not None and contact.folder == folder.number
        if contact is not None and there and (pen.immutable_ids or contact.moves == moves):
            return pen.written(contact)
        gone = contact_id(
            mailbox.sign, number, folder=folder.number, moves=moves, immutable=pen.immutable_ids
        )
        return removed_item(gone)

    return [partial(write, number, moves) for number, moves in seen]


def _folder_writer(
    mailbox: OpenMailbox, within: Folder | None, token: Token
) -> Callable[[int], bytes]:
    def write(number: int) -> bytes:
        folder = mailbox.contents.folders.get(number)
        if folder is None or (within is not None and folder.parent != within.number):
            return removed_item(folder_id(mailbox.sign, number))
        written = {"@odata.type": "#microsoft.graph.contactFolder"}
        return encode(written | written_folder(mailbox.sign, folder, token.select))

    return write


def _page(call: Call, token: Token, rest: Records) -> Answer:
    if call.quirks.empty_list:
        return _written_page(call, replace(token, done=True), [])
    if call.quirks.empty_page:
        return _written_page(call, replace(token, attempt=token.attempt + 1), [])
    page = list(islice(rest, token.place, token.place + _page_size(call)))
    place = token.place + len(page)
    return _written_page(
        call, replace(token, place=place, done=place >= len(rest)), [write() for write in page]
    )


def _written_page(call: Call, token: Token, records: list[bytes]) -> Answer:
    ages = call.directory.contacts_tokens
    link = f"{call.base}{call.path}"
    if token.done:
        settled = replace(token, age=ages.delta, place=0, attempt=0, since=0)
        links = PageLinks(delta_link=f"{link}?$deltatoken={write_token(settled)}")
    else:
        text = write_token(replace(token, age=ages.next))
        links = PageLinks(next_link=f"{link}?$skiptoken={text}")
    kind = "contactFolder" if token.feed.startswith("folders") else "contact"
    body = page_body(f"{call.base}/$metadata#Collection({kind})", records, links)
    return answer_of(body, Preference_Applied="odata.track-changes")


def _page_size(call: Call) -> int:
    if call.prefer.page_size is not None:
        return min(call.prefer.page_size, LARGEST_PAGE)
    return call.world.settings.outlook_page_size
