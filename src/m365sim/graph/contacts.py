"""Contacts and contact folders as lists and one by one. Contract d.1; delta is elsewhere."""

from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import quote

from m365sim.answers import Answer, json_answer
from m365sim.graph.call import Call, PageLinks, answer_of, page_body
from m365sim.graph.contact_json import (
    ContactPen,
    checked_folder_select,
    checked_select,
    encode,
    written_folder,
)
from m365sim.graph.filters import parse_filter
from m365sim.graph.item_ids import IdKind
from m365sim.graph.mailboxes import OpenMailbox, item_not_found, open_mailbox
from m365sim.graph.options import bad_request
from m365sim.graph.permissions import CONTACTS
from m365sim.state.contents import DEFAULT_FOLDER, Contact, Folder

LIST_OPTIONS = frozenset(
    {"$select", "$top", "$skip", "$filter", "$orderby", "$count", "$skiptoken", "$expand"}
)
ONE_OPTIONS = frozenset({"$select", "$expand"})
LARGEST_PAGE = 1000
SORTABLE = frozenset(
    {
        *("displayName", "givenName", "surname", "fileAs", "companyName"),
        *("createdDateTime", "lastModifiedDateTime"),
    }
)
T = TypeVar("T")


def list_contacts(call: Call) -> Answer:
    """Answer contacts of the default folder, or of the folder in the path."""
    mailbox = open_mailbox(call, CONTACTS)
    folder = chosen_folder(mailbox, call.arguments[1:])
    contacts = _sorted(call, _filtered(call, mailbox.contents.in_folder(folder.number)))
    select = checked_select(call.options.names("$select"), call.world.cloud)
    pen = ContactPen(mailbox.sign, select, immutable_ids=call.prefer.immutable_ids)
    return _list_page(call, contacts, pen.written, context=_context(call, "contacts"))


def count_contacts(call: Call) -> Answer:
    """Answer how many contacts a folder has."""
    mailbox = open_mailbox(call, CONTACTS)
    folder = chosen_folder(mailbox, call.arguments[1:])
    found = _filtered(call, mailbox.contents.in_folder(folder.number))
    return Answer(200, str(len(found)).encode(), "text/plain")


def get_contact(call: Call) -> Answer:
    """Answer one contact by its id, default or immutable."""
    mailbox = open_mailbox(call, CONTACTS)
    contact = required_contact(mailbox, call.arguments[-1])
    folders = call.arguments[1:-1]
    if folders and contact.folder != chosen_folder(mailbox, folders).number:
        raise item_not_found()
    select = checked_select(call.options.names("$select"), call.world.cloud)
    pen = ContactPen(mailbox.sign, select, immutable_ids=call.prefer.immutable_ids)
    context = f'{{"@odata.context":"{call.base}/$metadata#{_context(call, "contacts")}/$entity",'
    return answer_of(context.encode() + pen.written(contact)[1:])


def required_contact(mailbox: OpenMailbox, name: str) -> Contact:
    """Return a contact; 404 when it is gone or the id is from before a move."""
    item = mailbox.item(name)
    contact = mailbox.contents.contacts.get(item.number)
    if contact is None or item.kind is IdKind.FOLDER:
        raise item_not_found()
    if item.kind is IdKind.DEFAULT and (item.folder, item.moves) != (contact.folder, contact.moves):
        raise item_not_found()
    return contact


def list_folders(call: Call) -> Answer:
    """Answer the folders below the default one, which is not among them itself."""
    mailbox = open_mailbox(call, CONTACTS)
    return _folders_page(call, mailbox, mailbox.contents.children(DEFAULT_FOLDER))


def list_child_folders(call: Call) -> Answer:
    """Answer the folders directly below one."""
    mailbox = open_mailbox(call, CONTACTS)
    folder = chosen_folder(mailbox, call.arguments[1:])
    return _folders_page(call, mailbox, mailbox.contents.children(folder.number))


def get_folder(call: Call) -> Answer:
    """Answer one folder."""
    mailbox = open_mailbox(call, CONTACTS)
    select = checked_folder_select(call.options.names("$select"))
    folder = chosen_folder(mailbox, call.arguments[1:])
    context = {
        "@odata.context": f"{call.base}/$metadata#{_context(call, 'contactFolders')}/$entity"
    }
    return json_answer(context | written_folder(mailbox.sign, folder, select))


def chosen_folder(mailbox: OpenMailbox, names: Sequence[str]) -> Folder:
    """Return the last folder of a path, each below the one before; of none, the default one."""
    folder = mailbox.contents.folders[DEFAULT_FOLDER]
    for place, name in enumerate(names):
        inner = mailbox.folder(name)
        if place > 0 and inner.parent != folder.number:
            raise item_not_found()
        folder = inner
    return folder


def _folders_page(call: Call, mailbox: OpenMailbox, folders: list[Folder]) -> Answer:
    select = checked_folder_select(call.options.names("$select"))
    for name in ("$filter", "$orderby"):
        if call.options.text(name):
            raise bad_request(
                f"{name} is not simulated for contact folders.", code="ErrorInvalidUrlQuery"
            )

    def written(folder: Folder) -> bytes:
        return encode(written_folder(mailbox.sign, folder, select))

    return _list_page(call, folders, written, context=_context(call, "contactFolders"))


def _list_page(
    call: Call, every: Sequence[T], written: Callable[[T], bytes], *, context: str
) -> Answer:
    options = call.options
    if options.text("$expand"):
        raise bad_request("$expand is not simulated here.", code="ErrorInvalidUrlQuery")
    size = options.number(
        "$top", least=1, most=LARGEST_PAGE, otherwise=call.world.settings.outlook_page_size
    )
    start = options.number("$skip", least=0, most=10**9, otherwise=0)
    nothing = call.quirks.empty_page or call.quirks.empty_list
    page = [] if nothing else every[start : start + size]
    links = PageLinks()
    if call.quirks.empty_page or (start + size < len(every) and not nothing):
        links = PageLinks(next_link=_next_link(call, start + len(page), size))
    count = len(every) if options.flag("$count") else None
    records = [written(one) for one in page]
    return answer_of(page_body(f"{call.base}/$metadata#{context}", records, links, count=count))


def _next_link(call: Call, skip: int, size: int) -> str:
    more = {"top": str(size), "skip": str(skip)}
    if call.quirks.empty_page:
        again = call.options.text("$skiptoken") or "0"
        more["skiptoken"] = str(int(again) + 1 if again.isdigit() else 1)
    rest = call.options.without("$skiptoken", "$top", "$skip").written(**more)
    return f"{call.base}{call.path}?{rest}"


def _context(call: Call, collection: str) -> str:
    selected = call.options.names("$select")
    chosen = f"({','.join(selected)})" if selected else ""
    return f"users('{quote(call.arguments[0], safe='')}')/{collection}{chosen}"


def _filtered(call: Call, contacts: list[Contact]) -> list[Contact]:
    text = call.options.text("$filter")
    if text is None:
        return contacts
    parsed = parse_filter(text)
    if parsed.properties != {"emailAddresses"}:
        raise bad_request(
            "The query filter contains one or more invalid nodes.",
            code="ErrorInvalidUrlQueryFilter",
        )
    return [contact for contact in contacts if parsed.matches(contact.properties)]


def _sorted(call: Call, contacts: list[Contact]) -> list[Contact]:
    order = call.options.text("$orderby")
    if order is None:
        return contacts
    name, _, direction = order.strip().partition(" ")
    if name not in SORTABLE:
        raise bad_request(
            "The query specified in the URI is not valid.", code="ErrorInvalidUrlQueryFilter"
        )

    def key(contact: Contact) -> str:
        if name == "createdDateTime":
            return contact.created_at
        if name == "lastModifiedDateTime":
            return contact.modified_at
        return str(contact.properties.get(name) or "").casefold()

    return sorted(contacts, key=key, reverse=direction.strip().lower() == "desc")
