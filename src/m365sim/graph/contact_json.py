"""Contacts and folders as Graph writes them. Contract d.3, d.4; example 031."""

import struct
from base64 import b64encode

import msgspec

from m365sim.answers import GraphError
from m365sim.clouds import Cloud
from m365sim.graph.item_ids import contact_id, folder_id
from m365sim.graph.options import unknown_property
from m365sim.state.contents import Contact, Folder

ADDRESSES = frozenset({"homeAddress", "businessAddress", "otherAddress"})
LISTS = frozenset(
    {"categories", "emailAddresses", "imAddresses", "homePhones", "businessPhones", "children"}
)
NUMBERED_MAILS = ("primaryEmailAddress", "secondaryEmailAddress", "tertiaryEmailAddress")
COMPUTED = (
    "changeKey",
    "createdDateTime",
    "lastModifiedDateTime",
    "parentFolderId",
    *NUMBERED_MAILS,
)
PROPERTIES = (
    *("createdDateTime", "lastModifiedDateTime", "changeKey", "categories", "parentFolderId"),
    *("birthday", "fileAs", "displayName", "givenName", "initials", "middleName", "nickName"),
    *("surname", "title", "yomiGivenName", "yomiSurname", "yomiCompanyName", "generation"),
    *("imAddresses", "jobTitle", "companyName", "department", "officeLocation", "profession"),
    *("businessHomePage", "assistantName", "manager", "homePhones", "mobilePhone"),
    *("businessPhones", "spouseName", "personalNotes", "children", "emailAddresses"),
    *("homeAddress", "businessAddress", "otherAddress"),
)
FOLDER_PROPERTIES = ("displayName", "parentFolderId")
VERSION = struct.Struct(">III")
encode = msgspec.json.Encoder().encode


class ContactPen:
    """Writes the contacts of one mailbox for one request."""

    def __init__(
        self, sign: str, select: tuple[str, ...], *, immutable_ids: bool, typed: bool = False
    ) -> None:
        """`select` is without id; a typed pen names the type of each record, as delta does."""
        self.immutable_ids = immutable_ids
        self._sign = sign
        self._typed = {"@odata.type": "#microsoft.graph.contact"} if typed else {}
        self._empty = {name: _empty(name) for name in select}
        self._computed = [name for name in select if name in COMPUTED]
        self._folders: dict[int, str] = {}

    def written(self, contact: Contact) -> bytes:
        """Return a contact as JSON."""
        key = change_key(contact)
        record: dict[str, object] = {
            "@odata.etag": f'W/"{key}"',
            "id": self.id_of(contact),
            **self._typed,
            **self._empty,
        }
        own = contact.properties
        record |= {name: value for name, value in own.items() if name in self._empty}
        for name in self._computed:
            record[name] = self._value(name, contact, key)
        return encode(record)

    def id_of(self, contact: Contact) -> str:
        """Return a contact's id in the form the caller asked for."""
        return contact_id(
            self._sign,
            contact.number,
            folder=contact.folder,
            moves=contact.moves,
            immutable=self.immutable_ids,
        )

    def _value(self, name: str, contact: Contact, key: str) -> object:
        match name:
            case "changeKey":
                return key
            case "createdDateTime":
                return contact.created_at
            case "lastModifiedDateTime":
                return contact.modified_at
            case "parentFolderId":
                if contact.folder not in self._folders:
                    self._folders[contact.folder] = folder_id(self._sign, contact.folder)
                return self._folders[contact.folder]
            case _:
                mails = contact.properties.get("emailAddresses")
                place = NUMBERED_MAILS.index(name)
                return mails[place] if isinstance(mails, list) and len(mails) > place else None


def _empty(name: str) -> object:
    return [] if name in LISTS else {} if name in ADDRESSES else None


def change_key(contact: Contact) -> str:
    """Return the sign of a contact's version."""
    packed = VERSION.pack(contact.number, contact.version, contact.moves)
    return f"EQAAABYAAAB{b64encode(packed).decode()}AADTIa4"


def checked_select(names: tuple[str, ...], cloud: Cloud) -> tuple[str, ...]:
    """Return the contact properties of a $select, without id; or all of them."""
    numbered = NUMBERED_MAILS if cloud.numbered_mails else ()
    if not names or names == ("*",):
        return PROPERTIES + numbered
    for name in names:
        if name not in ("id", *PROPERTIES, *numbered):
            raise _unknown_property(name, "Contact")
    return tuple(dict.fromkeys(name for name in names if name != "id"))


def checked_folder_select(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the folder properties of a $select, without id; or all of them."""
    for name in names:
        if name not in ("id", *FOLDER_PROPERTIES):
            raise _unknown_property(name, "ContactFolder")
    return tuple(name for name in names if name != "id") if names else FOLDER_PROPERTIES


def written_folder(sign: str, folder: Folder, select: tuple[str, ...]) -> dict[str, object]:
    """Return a folder's selected properties and id."""
    every: dict[str, object] = {
        "displayName": folder.name,
        "parentFolderId": folder_id(sign, folder.parent),
    }
    written: dict[str, object] = {"id": folder_id(sign, folder.number)}
    return written | {name: every[name] for name in select}


def removed_item(item_id: str) -> bytes:
    """Return the word that a contact or folder is gone; Outlook always says deleted."""
    return encode({"id": item_id, "@removed": {"reason": "deleted"}})


def _unknown_property(name: str, kind: str) -> GraphError:
    return unknown_property(
        name, f"Microsoft.OutlookServices.{kind}", code="RequestBroker--ParseUri"
    )
