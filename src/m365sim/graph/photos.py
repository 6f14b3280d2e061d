"""Photos of users and of contacts. Contract e."""

import re
from urllib.parse import quote

from m365sim.answers import Answer, GraphError, json_answer
from m365sim.drawing import PLACEHOLDER_GIF, picture
from m365sim.faults.answering import photo_not_found
from m365sim.graph.call import Call
from m365sim.graph.contacts import chosen_folder, required_contact
from m365sim.graph.mailboxes import item_not_found, mailbox_owner, open_mailbox
from m365sim.graph.permissions import CONTACTS
from m365sim.state.mailbox import MailboxKind
from m365sim.state.photo import PHOTO_SIZES, Photo

SIZE = re.compile(r"^(?P<width>\d+)[xX](?P<height>\d+)$")
NO_PHOTO_CODES = {
    MailboxKind.NONE: "ErrorNonExistentMailbox",
    MailboxKind.ON_PREMISES: "MailboxNotHostedInExchangeOnline",
}
"""What is said when there is no photo, and no mailbox that could have one."""


def photo(call: Call) -> Answer:
    """Answer what is known of the largest photo."""
    found = _photo(call)
    return (
        _no_photo(call)
        if found is None
        else json_answer(_context(call) | _described(found, found.size))
    )


def photos(call: Call) -> Answer:
    """Answer all sizes there are."""
    found = _photo(call)
    if found is None:
        return _no_photo(call)
    context = {"@odata.context": f"{call.base}/$metadata#users('{_user(call)}')/photos"}
    return json_answer(context | {"value": [_described(found, size) for size in sizes_of(found)]})


def sized_photo(call: Call) -> Answer:
    """Answer what is known of a photo in one size."""
    found = _photo(call)
    if found is None:
        return _no_photo(call)
    return json_answer(_context(call) | _described(found, _size(call, found)))


def photo_value(call: Call) -> Answer:
    """Answer the largest photo itself."""
    found = _photo(call)
    return _no_photo(call, value=True) if found is None else _file(found, found.size)


def sized_photo_value(call: Call) -> Answer:
    """Answer a photo itself in one size."""
    found = _photo(call)
    return _no_photo(call, value=True) if found is None else _file(found, _size(call, found))


def contact_photo(call: Call) -> Answer:
    """Answer that a contact has no photo: none of them has."""
    mailbox = open_mailbox(call, CONTACTS)
    contact = required_contact(mailbox, call.arguments[-1])
    folders = call.arguments[1:-1]
    if folders and contact.folder != chosen_folder(mailbox, folders).number:
        raise item_not_found()
    raise photo_not_found("ErrorItemNotFound")


def sizes_of(found: Photo) -> list[int]:
    """Return the sizes in which a photo can be had: smaller ones are made, larger ones are not."""
    return sorted({size for size in PHOTO_SIZES if size <= found.size} | {found.size})


def _photo(call: Call) -> Photo | None:
    slot = mailbox_owner(call, call.arguments[0])
    return None if call.quirks.photo_placeholder else call.directory.photo(slot)


def _size(call: Call, found: Photo) -> int:
    text = call.arguments[1]
    match = SIZE.match(text)
    if match is None or match["width"] != match["height"]:
        raise GraphError(400, "ErrorInvalidImageId", f"The photo size '{text}' is not valid.")
    size = int(match["width"])
    if size not in sizes_of(found):
        raise photo_not_found("ImageNotFound")
    return size


def _no_photo(call: Call, *, value: bool = False) -> Answer:
    settings = call.world.settings
    if call.quirks.photo_placeholder or settings.missing_photo == "gif":
        if value:
            return Answer(200, PLACEHOLDER_GIF, "image/gif", {"ETag": '""'})
        described = {
            "@odata.mediaContentType": "image/gif",
            "@odata.mediaEtag": "",
            "id": "1x1",
            "width": 1,
            "height": 1,
        }
        return json_answer(_context(call) | described)
    slot = mailbox_owner(call, call.arguments[0])
    kind = call.directory.mailbox(slot).kind
    raise photo_not_found(NO_PHOTO_CODES.get(kind, "ImageNotFound"))


def _file(found: Photo, size: int) -> Answer:
    headers = {"ETag": f'"{found.etag}"', "Cache-Control": "private"}
    return Answer(200, picture(found, size), found.content_type, headers)


def _described(found: Photo, size: int) -> dict[str, object]:
    return {
        "@odata.mediaContentType": found.content_type,
        "@odata.mediaEtag": f'"{found.etag}"',
        "id": f"{size}x{size}",
        "width": size,
        "height": size,
    }


def _context(call: Call) -> dict[str, object]:
    return {"@odata.context": f"{call.base}/$metadata#users('{_user(call)}')/photo/$entity"}


def _user(call: Call) -> str:
    return quote(call.arguments[0], safe="")
