"""What a directory says about people, contacts and photos, in our words.

Records are what a provider's mapping returns and what the planner reads. Nothing here knows how
Microsoft or Google spell these things; nothing here decides what becomes of them.
"""

from hashlib import blake2b
from typing import NewType

import msgspec

SourceId = NewType("SourceId", str)
"""A directory object id: opaque, case-sensitive, never reused."""

ContactId = NewType("ContactId", str)
"""A contact's id inside its mailbox: opaque, case-sensitive."""

FolderId = NewType("FolderId", str)
"""A contact folder's id inside its mailbox."""

Fingerprint = NewType("Fingerprint", bytes)
"""16 bytes that are equal when two records are, in any process on any machine."""


class UserRecord(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, tag="user"):
    """One directory person (or room, or shared mailbox): the last word of the directory.

    Texts are stripped; "" means that the directory has no value. `aliases` are lower-case
    addresses, sorted, without `email`.
    """

    source_id: SourceId
    display_name: str = ""
    first_name: str = ""
    last_name: str = ""
    principal_name: str = ""
    email: str = ""
    aliases: tuple[str, ...] = ()
    mobile_phone: str = ""
    business_phone: str = ""
    fax: str = ""
    job_title: str = ""
    department: str = ""
    office: str = ""
    company: str = ""
    employee_id: str = ""
    language: str = ""
    country: str = ""
    enabled: bool = True
    guest: bool = False
    licensed: bool = False

    @property
    def named(self) -> bool:
        """Whether there is a first or a last name."""
        return bool(self.first_name or self.last_name)

    @property
    def sort_key(self) -> tuple[str, str]:
        """The order in which new people get their numbers."""
        return (self.display_name.casefold(), self.source_id)


class Removal(msgspec.Struct, frozen=True, gc=False, tag="removal"):
    """The directory no longer has this object. `permanent` is False while it can be restored."""

    source_id: SourceId
    permanent: bool


class Unreadable(msgspec.Struct, frozen=True, gc=False, tag="unreadable"):
    """The directory has this object, but what it says of it cannot be understood (`why`)."""

    source_id: SourceId
    why: str


Sighting = UserRecord | Removal | Unreadable
"""What one reading last said about one object."""


class Phone(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A number as somebody wrote it. `kind` is business, home, mobile or fax."""

    kind: str
    number: str


class PostalAddress(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A contact's postal address. `kind` is business, home or other."""

    kind: str
    street: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""


class ContactRecord(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One contact of one mailbox."""

    contact_id: ContactId
    folder_id: FolderId
    display_name: str = ""
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    job_title: str = ""
    department: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[Phone, ...] = ()
    addresses: tuple[PostalAddress, ...] = ()


class Cursor(msgspec.Struct, frozen=True):
    """Where the next reading goes on. Opaque to all but the provider that made it.

    `shape` names the question that was asked: a cursor answers only that question, so another
    shape means reading from the start.
    """

    value: str
    shape: str


_encoder = msgspec.msgpack.Encoder(order="deterministic")


def fingerprint(record: UserRecord | ContactRecord, *context: str) -> Fingerprint:
    """Return a digest of `record` (and of what else its stored form depends on)."""
    encoded: bytes = _encoder.encode((record, context) if context else record)
    return Fingerprint(blake2b(encoded, digest_size=16).digest())
