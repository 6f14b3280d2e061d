"""Ids of folders and contacts as Exchange writes them. Contract d.3.

An id holds the mailbox and the number of the thing in it, so nothing has to be remembered. The
default id of a contact also holds how often it was moved: after a move it is another one. The
immutable id does not.
"""

import binascii
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from enum import Enum
from zlib import crc32

from msgspec import Struct

from m365sim.answers import GraphError
from m365sim.seeds import digest


class IdKind(Enum):
    """What an id names, and in which way; the values are the beginnings of the ids."""

    FOLDER = "AQMkAD"
    DEFAULT = "AAMkAG"
    IMMUTABLE = "AAkALg"


LAYOUT = struct.Struct(">BIIHI")
SIGN_BYTES = 57
SIGN_LENGTH = SIGN_BYTES // 3 * 4
TAIL = "AAA="
"""How most ids of Exchange end; the equals sign has to survive in paths."""


class ItemId(Struct, frozen=True):
    """An id, taken apart."""

    kind: IdKind
    mailbox: str
    """A short sign of the mailbox's owner."""
    number: int
    folder: int = 0
    moves: int = 0


def mailbox_sign(owner: str) -> str:
    """Return the sign that stands for a mailbox in its ids."""
    return urlsafe_b64encode(digest("mailbox", owner, size=SIGN_BYTES)).decode()


def folder_id(sign: str, number: int) -> str:
    """Return the id of a folder; it never changes."""
    return _written(IdKind.FOLDER, sign, number, 0, 0)


def contact_id(sign: str, number: int, *, folder: int, moves: int, immutable: bool) -> str:
    """Return the id of a contact."""
    if immutable:
        return _written(IdKind.IMMUTABLE, sign, number, 0, 0)
    return _written(IdKind.DEFAULT, sign, number, folder, moves)


def read_id(text: str) -> ItemId:
    """Take an id apart; 400 for text that is none."""
    start = len(IdKind.FOLDER.value)
    sign, packed = text[start : start + SIGN_LENGTH], text[start + SIGN_LENGTH : -len(TAIL)]
    try:
        kind = IdKind(text[:start])
        _, number, folder, moves, _ = LAYOUT.unpack(urlsafe_b64decode(packed))
    except (ValueError, binascii.Error, struct.error) as error:
        raise malformed_id() from error
    if _written(kind, sign, number, folder, moves) != text:
        raise malformed_id()
    return ItemId(kind, sign, number, folder, moves)


def malformed_id() -> GraphError:
    """Refuse text that is no id."""
    return GraphError(400, "ErrorInvalidIdMalformed", "Id is malformed.")


def _written(kind: IdKind, sign: str, number: int, folder: int, moves: int) -> str:
    check = crc32(b"%d:%d:%d" % (number, folder, moves), crc32(sign.encode()))
    packed = LAYOUT.pack(len(kind.value), number, folder, moves, check)
    return f"{kind.value}{sign}{urlsafe_b64encode(packed).decode()}{TAIL}"
