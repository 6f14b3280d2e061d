"""What a mailbox is for: user, shared, room, …; needs MailboxSettings.Read.

https://learn.microsoft.com/graph/api/user-get-mailboxsettings. Graph has no list of shared
mailboxes, so each is asked.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from urllib.parse import quote

import msgspec

from rollcall.core.batches import split_batches
from rollcall.core.ports import PurposeAnswer
from rollcall.core.records import SourceId
from rollcall.providers.m365.batch import MOST_ITEMS, Item, ItemAnswer
from rollcall.providers.m365.batch_queue import BatchQueue
from rollcall.providers.m365.gather import gather_answers
from rollcall.providers.m365.graph import FORBIDDEN, to_error
from rollcall.providers.m365.wire import GraphPurpose

PERMISSION = "MailboxSettings.Read"
NOT_FOUND = 404
FIRST = MOST_ITEMS
"""So many are asked first; if all of them are refused, the permission is missing."""


class PurposesReader:
    """Reads what the mailboxes of one directory are for."""

    def __init__(self, queue: BatchQueue) -> None:
        self._queue = queue

    async def read(self, ids: Sequence[SourceId]) -> AsyncGenerator[PurposeAnswer]:
        """Yield the purpose of each mailbox; raise SetupError if the permission is missing."""
        for part in (ids[:FIRST], ids[FIRST:]):
            answers = {each: answer async for each, answer in self._ask(part)}
            refusals = [
                answer
                for answer in answers.values()
                if isinstance(answer, ItemAnswer) and answer.status == FORBIDDEN
            ]
            if refusals and len(refusals) == len(answers):
                raise to_error(refusals[0].error, PERMISSION)
            for source_id, answer in answers.items():
                yield _to_purpose(source_id, answer)

    async def _ask(
        self, ids: Sequence[SourceId]
    ) -> AsyncGenerator[tuple[SourceId, GraphPurpose | ItemAnswer]]:
        for _, part in split_batches(ids, 20 * MOST_ITEMS):
            items = {
                each: Item(
                    path=f"/users/{quote(each)}/mailboxSettings/userPurpose",
                    mailbox=each,
                    permission=PERMISSION,
                )
                for each in part
            }
            async with aclosing(gather_answers(self._queue, items, decode_purpose)) as answers:
                async for answer in answers:
                    yield answer


def decode_purpose(body: bytes) -> GraphPurpose:
    """Decode what Graph says that a mailbox is for."""
    return msgspec.json.decode(body, type=GraphPurpose)


def _to_purpose(source_id: SourceId, answer: GraphPurpose | ItemAnswer) -> PurposeAnswer:
    """Say what was learnt; that there is no mailbox, or a hidden one, is None."""
    if isinstance(answer, GraphPurpose):
        return PurposeAnswer(source_id, answer.value.casefold() if answer.value else None)
    if answer.status in {NOT_FOUND, FORBIDDEN}:
        return PurposeAnswer(source_id, None)
    error = answer.error
    return PurposeAnswer(
        source_id,
        None,
        f"Microsoft did not say what this mailbox is for: {error.sentence} ({error.reference}).",
    )
