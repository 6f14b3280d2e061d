"""Graph's JSON batches: what goes into one, what comes out, what of it to ask again.

At most 20 requests, at most 4 of them to one mailbox, relative URLs, answers in any order; each
item has its own status and its own throttling (https://learn.microsoft.com/graph/json-batching).
Pure: the queue that sends them is `batch_queue`.
"""

import base64
import binascii
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush

import msgspec

from rollcall.providers.m365.answers import GraphError, decode_error
from rollcall.providers.m365.wire import BatchAnswer, BatchItem, BatchItemAnswer, BatchRequest

MOST_ITEMS = 20
MOST_PER_MAILBOX = 4


class Item(msgspec.Struct, frozen=True):
    """One request for a batch: a path of version 1.0, the mailbox that it weighs on, and the
    permission that it needs."""

    path: str
    mailbox: str
    permission: str
    headers: tuple[tuple[str, str], ...] = ()


class ItemAnswer(msgspec.Struct, frozen=True):
    """The answer to one item. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def error(self) -> GraphError:
        """What an error answer says."""
        return decode_error(self.status, self.headers, self.body)


def decode_binary(body: bytes) -> bytes:
    """Return the bytes that a body of base64 text stands for; raise DecodeError if it is none."""
    try:
        return base64.b64decode(msgspec.json.decode(body, type=str), validate=True)
    except binascii.Error as error:
        raise msgspec.DecodeError("the body is no base64 text") from error


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(BatchAnswer)


def encode_batch(items: Sequence[Item]) -> bytes:
    """Return the body of a batch; items are numbered from 1 in their order."""
    return _encoder.encode(
        BatchRequest(
            requests=[
                BatchItem(id=str(number), method="GET", url=item.path, headers=dict(item.headers))
                for number, item in enumerate(items, start=1)
            ]
        )
    )


def decode_batch(body: bytes) -> list[BatchItemAnswer]:
    """Return the answers of a batch; raise msgspec.DecodeError if it is none."""
    return _decoder.decode(body).responses


def pair_answers(count: int, answers: Iterable[BatchItemAnswer]) -> list[ItemAnswer | None]:
    """Return the answer to each of `count` items, None where there is none."""
    by_id = {answer.id: answer for answer in answers}
    return [_to_item_answer(by_id.get(str(number))) for number in range(1, count + 1)]


def _to_item_answer(answer: BatchItemAnswer | None) -> ItemAnswer | None:
    if answer is None:
        return None
    headers = {name.lower(): value for name, value in (answer.headers or {}).items()}
    return ItemAnswer(status=answer.status, headers=headers, body=bytes(answer.body))


def choose_items(waiting: Iterable[tuple[int, str]], busy: Mapping[str, int]) -> list[int]:
    """Return the keys of the items for the next batch, of `waiting` pairs (key, mailbox).

    One at a time of the mailbox with the most left, so that none is left over at the end with more
    than fit; no mailbox gets more than four places, those that are `busy` on their way counted.
    """
    shelves: dict[str, deque[int]] = {}
    for key, mailbox in waiting:
        shelves.setdefault(mailbox, deque()).append(key)
    longest = [
        (-len(keys), keys[0], busy.get(mailbox, 0), keys)
        for mailbox, keys in shelves.items()
        if busy.get(mailbox, 0) < MOST_PER_MAILBOX
    ]
    heapify(longest)
    chosen: list[int] = []
    while longest and len(chosen) < MOST_ITEMS:
        _, _, placed, keys = heappop(longest)
        chosen.append(keys.popleft())
        if keys and placed + 1 < MOST_PER_MAILBOX:
            heappush(longest, (-len(keys), keys[0], placed + 1, keys))
    return chosen
