"""The opaque tokens in next links and delta links: what they hold, and when they are lost.

A token is msgpack with a checksum, base64url. It names the feed it belongs to, the stretch of
changes it covers and the place reached; so a round can go on while the data changes.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b

import msgspec
from msgspec import Struct

from m365sim.answers import GraphError
from m365sim.state.directory import Expiry, TokenAges
from m365sim.state.feed import History

CHECK_BYTES = 6


class Token(Struct, frozen=True, array_like=True, omit_defaults=True):
    """The state of a round, or, when done, the point a next round starts from."""

    feed: str
    """Which feed of which directory, mailbox or folder."""
    done: bool
    since: int
    """Changes before this position are known to the client; -1: none, a first round."""
    upto: int
    """The position up to which this round tells; a next round starts here."""
    mark: int
    """The checksum of the history at `upto`."""
    age: int
    """How often tokens had been declared expired."""
    hour: int = 0
    """When the round began, in hours; 0 where tokens do not age."""
    place: int = 0
    select: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    shuffle: int = 0
    total: int = 0
    """How many places a shuffled round had when it began."""
    attempt: int = 0
    """Tells apart tokens of the same place."""

    @property
    def first_round(self) -> bool:
        """Whether the client knows nothing yet."""
        return self.since < 0


def write_token(token: Token) -> str:
    """Write a token for a link."""
    packed = msgspec.msgpack.encode(token)
    return urlsafe_b64encode(_check(packed) + packed).rstrip(b"=").decode()


def read_token(text: str) -> Token | None:
    """Read a token; None for text that is none."""
    try:
        packed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if _check(packed[CHECK_BYTES:]) != packed[:CHECK_BYTES]:
            return None
        return msgspec.msgpack.decode(packed[CHECK_BYTES:], type=Token)
    except (ValueError, binascii.Error, msgspec.DecodeError):
        return None


def lives(token: Token, history: History, ages: TokenAges) -> bool:
    """Say whether a token belongs to this history and was not declared expired."""
    if token.age < (ages.delta if token.done else ages.next):
        return False
    return token.upto <= history.position and history.mark(token.upto) == token.mark


def lost(expiry: Expiry, start: str) -> GraphError:
    """Say that a token is lost; `start` is where a client may begin again."""
    headers = {"Location": start} if expiry.with_location else {}
    message = "The sync state generation is not found; generation=149;[highest=157][157][155][156]."
    return GraphError(expiry.status, expiry.code, message, headers=headers)


def _check(packed: bytes) -> bytes:
    return blake2b(packed, key=b"m365sim", digest_size=CHECK_BYTES).digest()
