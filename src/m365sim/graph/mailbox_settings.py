"""What kind of mailbox somebody has, and the other small questions about one. Contract d.3, d.6."""

from urllib.parse import quote

import msgspec
from msgspec import Struct

from m365sim.answers import Answer, GraphError, json_answer
from m365sim.graph.call import Call
from m365sim.graph.item_ids import IdKind, contact_id
from m365sim.graph.mailboxes import OpenMailbox, admitted_slot, open_mailbox
from m365sim.graph.options import bad_request, unknown_property
from m365sim.graph.permissions import MAILBOX_SETTINGS, TRANSLATE_IDS
from m365sim.graph.users import required_slot
from m365sim.seeds import guid

ID_FORMATS = ("entryId", "ewsId", "immutableEntryId", "restId", "restImmutableEntryId")
SIMULATED_FORMATS = ("restId", "restImmutableEntryId")
MOST_IDS = 1000


class TranslateRequest(Struct, rename="camel"):
    """The body of translateExchangeIds."""

    input_ids: list[str]
    target_id_type: str
    source_id_type: str


def user_purpose(call: Call) -> Answer:
    """Answer what a mailbox is for: user, shared, room, equipment."""
    slot = admitted_slot(call, MAILBOX_SETTINGS)
    context = _context(call, "mailboxSettings/userPurpose")
    return json_answer({"@odata.context": context, "value": str(call.directory.mailbox(slot).kind)})


def mailbox_settings(call: Call) -> Answer:
    """Answer the settings of a mailbox, as far as anybody asks for them."""
    slot = admitted_slot(call, MAILBOX_SETTINGS)
    every: dict[str, object] = {
        "timeZone": "UTC",
        "dateFormat": "yyyy-MM-dd",
        "timeFormat": "HH:mm",
        "language": {"locale": "en-US", "displayName": "English (United States)"},
        "delegateMeetingMessageDeliveryOptions": "sendToDelegateOnly",
        "userPurpose": str(call.directory.mailbox(slot).kind),
    }
    names = call.options.names("$select") or tuple(every)
    for name in names:
        if name not in every:
            raise unknown_property(name, "microsoft.graph.mailboxSettings")
    context = _context(call, "mailboxSettings")
    return json_answer({"@odata.context": context} | {name: every[name] for name in names})


def exchange_settings(call: Call) -> Answer:
    """Answer whether there is a mailbox; only the global cloud says."""
    if not call.world.cloud.exchange_settings:
        raise bad_request("Resource not found for the segment 'exchange'.", code="BadRequest")
    slot = required_slot(call, call.arguments[0])
    directory = call.directory
    mailbox_id = None
    if directory.mailbox(slot).kind.usable:
        number = guid("mailbox", directory.people.object_id(slot))
        mailbox_id = f"MBX:{number}@{directory.directory_id}"
    context = _context(call, "settings/exchange/$entity")
    return json_answer({"@odata.context": context, "primaryMailboxId": mailbox_id})


def translate_ids(call: Call) -> Answer:
    """Answer ids of contacts and folders in the other form."""
    if not call.world.cloud.translate_ids:
        raise bad_request(
            "Resource not found for the segment 'translateExchangeIds'.", code="BadRequest"
        )
    mailbox = open_mailbox(call, TRANSLATE_IDS)
    try:
        asked = msgspec.json.decode(call.body, type=TranslateRequest)
    except msgspec.DecodeError as error:
        raise bad_request("Unable to read JSON request payload.", code="BadRequest") from error
    if len(asked.input_ids) > MOST_IDS:
        raise bad_request(
            "The number of ids exceeds the limit of 1000.", code="ErrorInvalidArgument"
        )
    for name in (asked.source_id_type, asked.target_id_type):
        if name not in ID_FORMATS:
            raise bad_request(
                f"Requested value '{name}' was not found.", code="ErrorInvalidArgument"
            )
        if name not in SIMULATED_FORMATS:
            raise bad_request(f"'{name}' is not simulated.", code="ErrorInvalidArgument")
    immutable = asked.target_id_type == "restImmutableEntryId"
    found = [_translated(mailbox, one, immutable=immutable) for one in asked.input_ids]
    context = f"{call.base}/$metadata#Collection(microsoft.graph.convertIdResult)"
    return json_answer({"@odata.context": context, "value": found})


def _context(call: Call, rest: str) -> str:
    return f"{call.base}/$metadata#users('{quote(call.arguments[0], safe='')}')/{rest}"


def _translated(mailbox: OpenMailbox, source: str, *, immutable: bool) -> dict[str, object]:
    try:
        item = mailbox.item(source)
    except GraphError as error:
        details = {"code": error.code, "message": error.message}
        return {"sourceId": source, "errorDetails": details}
    contact = mailbox.contents.contacts.get(item.number)
    if item.kind is IdKind.FOLDER:
        return {"sourceId": source, "targetId": source}
    if contact is None:
        details = {
            "code": "ErrorItemNotFound",
            "message": "The specified object was not found in the store.",
        }
        return {"sourceId": source, "errorDetails": details}
    target = contact_id(
        mailbox.sign,
        contact.number,
        folder=contact.folder,
        moves=contact.moves,
        immutable=immutable,
    )
    return {"sourceId": source, "targetId": target}
