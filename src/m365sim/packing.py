"""gzip, without packing the same bytes twice.

A body may come in parts. Each large part is packed by itself, ended so that anything can follow
it, and kept; small ones are put between as they are. RFC 1951 and RFC 1952.
"""

import struct
import zlib
from collections import OrderedDict
from collections.abc import Iterable

from m365sim.answers import Answer

SMALLEST_BODY = 1024
SMALLEST_PART = 512
LARGEST_STORED = 0xFFFF
FASTEST = 1
RAW_DEFLATE = -15
HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"
LAST_BLOCK = b"\x03\x00"
KEPT_BYTES = 512 * 1024 * 1024


class Packer:
    """Packs answers and keeps the packed parts, up to a number of bytes."""

    def __init__(self, limit: int = KEPT_BYTES) -> None:
        self._limit = limit
        self._size = 0
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()

    def packed(self, answer: Answer) -> bytes | None:
        """Return a body as gzip, None where that is not worth while."""
        if len(answer.body) < SMALLEST_BODY or answer.content_type.startswith("image/"):
            return None
        blocks = [HEADER, *self._blocks(answer.parts or (answer.body,)), LAST_BLOCK]
        check = zlib.crc32(answer.body)
        return b"".join([*blocks, struct.pack("<II", check, len(answer.body) & 0xFFFFFFFF)])

    def _blocks(self, parts: Iterable[bytes]) -> Iterable[bytes]:
        waiting: list[bytes] = []
        for part in parts:
            if len(part) < SMALLEST_PART:
                waiting.append(part)
                continue
            yield from _stored(b"".join(waiting))
            waiting.clear()
            yield self._deflated(part)
        yield from _stored(b"".join(waiting))

    def _deflated(self, part: bytes) -> bytes:
        known = self._kept.get(part)
        if known is not None:
            self._kept.move_to_end(part)
            return known
        packer = zlib.compressobj(FASTEST, zlib.DEFLATED, RAW_DEFLATE)
        made = packer.compress(part) + packer.flush(zlib.Z_FULL_FLUSH)
        self._kept[part] = made
        self._size += len(part) + len(made)
        while self._size > self._limit:
            oldest, packed = self._kept.popitem(last=False)
            self._size -= len(oldest) + len(packed)
        return made


def _stored(raw: bytes) -> Iterable[bytes]:
    """Yield blocks that hold bytes as they are."""
    for start in range(0, len(raw), LARGEST_STORED):
        piece = raw[start : start + LARGEST_STORED]
        yield struct.pack("<BHH", 0, len(piece), len(piece) ^ 0xFFFF) + piece
