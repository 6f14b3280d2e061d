"""A queue of single requests that leaves in full batches.

Readers ask for one thing each and wait; the queue sends what has gathered, twenty at a time, a few
batches at once. A batch that is not full leaves only when nothing more can come: no batch is on
its way, and no producer says that it has more. So N requests cost N/20 batches, rounded up once.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar, cast

import msgspec

from rollcall.providers.http.pace import Pace, Pauses
from rollcall.providers.http.retry import Accept, GiveUp, Verdict, Wait, judge_failure, judge_status
from rollcall.providers.m365.batch import (
    MOST_ITEMS,
    Item,
    ItemAnswer,
    choose_items,
    decode_batch,
    encode_batch,
    pair_answers,
)
from rollcall.providers.m365.graph import FORBIDDEN, OK, UNAUTHORIZED, GraphClient

T = TypeVar("T")

IN_FLIGHT = 4
SETTLING_TURNS = 12
"""Turns of the event loop that readers get to react to an answer before a batch leaves unfilled."""

NO_ANSWER = ItemAnswer(status=504, headers={}, body=b"null")
"""What an item counts as that the batch's answer left out."""


@dataclass(eq=False)
class _Waiting:
    item: Item
    decode: Callable[[bytes], object]
    future: "asyncio.Future[object]"
    attempt: int = 0
    renewed: bool = False


class BatchQueue:
    """Sends items in batches; used by the readers of contacts, photos and purposes."""

    def __init__(self, graph: GraphClient, *, pace: Pace, pauses: Pauses) -> None:
        self._graph = graph
        self._pace = pace
        self._pauses = pauses
        self._waiting: dict[int, _Waiting] = {}
        self._next_key = 0
        self._busy: Counter[str] = Counter()
        self._batches: set[asyncio.Task[None]] = set()
        self._resting: set[asyncio.Task[None]] = set()
        self._sender: asyncio.Task[None] | None = None
        self._producers = 0
        self._changed = asyncio.Event()
        self.items = 0

    async def __aenter__(self) -> Self:
        self._sender = asyncio.ensure_future(self._send_forever())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        tasks = [task for task in (*self._batches, *self._resting, self._sender) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for waiting in self._waiting.values():
            waiting.future.cancel()

    @asynccontextmanager
    async def producing(self) -> AsyncIterator[None]:
        """Say that more requests may come although nobody waits for an answer just now."""
        self._producers += 1
        try:
            yield
        finally:
            self._producers -= 1
            self._changed.set()

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Say that a producer has nothing more until somebody gets an answer."""
        self._producers -= 1
        self._changed.set()
        try:
            yield
        finally:
            self._producers += 1

    async def ask(self, item: Item, decode: Callable[[bytes], T]) -> T | ItemAnswer:
        """Return what `decode` makes of a good answer to `item`, else the answer itself.

        What is throttled, broken, left out or not decodable is asked for again, as often as is
        reasonable. Raises what the batch as a whole ran into.
        """
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._enqueue(_Waiting(item=item, decode=decode, future=future))
        return cast("T | ItemAnswer", await future)

    def _enqueue(self, waiting: _Waiting) -> None:
        self._next_key += 1
        self._waiting[self._next_key] = waiting
        self._changed.set()

    # when to send

    async def _send_forever(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            for _ in range(SETTLING_TURNS):
                await asyncio.sleep(0)
            while len(self._batches) < IN_FLIGHT and (keys := self._choose()):
                if len(keys) < MOST_ITEMS and (self._batches or self._producers):
                    break
                self._dispatch(keys)

    def _choose(self) -> list[int]:
        ready = (
            (key, waiting.item.mailbox)
            for key, waiting in self._waiting.items()
            if self._pauses.remaining(waiting.item.mailbox) <= 0
        )
        return choose_items(ready, self._busy)

    def _dispatch(self, keys: Sequence[int]) -> None:
        batch = [self._waiting.pop(key) for key in keys]
        self._busy.update(waiting.item.mailbox for waiting in batch)
        task = asyncio.ensure_future(self._send(batch))
        self._batches.add(task)
        task.add_done_callback(self._batches.discard)

    def _rest(self, waiting: _Waiting, seconds: float) -> None:
        """Ask again after a while."""
        task = asyncio.ensure_future(self._enqueue_after(waiting, seconds))
        self._resting.add(task)
        task.add_done_callback(self._resting.discard)

    async def _enqueue_after(self, waiting: _Waiting, seconds: float) -> None:
        await self._pace.sleep(seconds)
        self._enqueue(waiting)

    # what comes back

    async def _send(self, batch: Sequence[_Waiting]) -> None:
        try:
            body = encode_batch([waiting.item for waiting in batch])
            answers = await self._graph.post("/$batch", body, decode_batch)
            self.items += len(batch)
            paired = list(
                zip(batch, pair_answers(len(batch), answers), strict=True),
            )
            again = [
                waiting
                for waiting, answer in paired
                if answer and self._wants_token(waiting, answer)
            ]
            if again:
                await self._graph.renew_token()
            for waiting, answer in paired:
                if waiting in again:
                    waiting.renewed = True
                    self._enqueue(waiting)
                else:
                    self._settle(waiting, answer or NO_ANSWER)
        except Exception as error:  # noqa: BLE001 - whoever waits for an item must hear of it
            for waiting in batch:
                if not waiting.future.done():
                    waiting.future.set_exception(error)
        finally:
            self._busy.subtract(waiting.item.mailbox for waiting in batch)
            self._changed.set()

    def _wants_token(self, waiting: _Waiting, answer: ItemAnswer) -> bool:
        """Tell whether a new token may turn a refusal: the old one is bad, or out of date."""
        if waiting.renewed:
            return False
        outdated = self._graph.may_be_outdated(waiting.item.permission)
        return answer.status == UNAUTHORIZED or (answer.status == FORBIDDEN and outdated)

    def _settle(self, waiting: _Waiting, answer: ItemAnswer) -> None:
        waiting.attempt += 1
        result: object = answer
        verdict = self._judge(waiting, answer)
        if isinstance(verdict, Accept) and answer.status == OK:
            try:
                result = waiting.decode(answer.body)
            except msgspec.DecodeError:
                verdict = self._broken(waiting)
        match verdict:
            case Wait(seconds=seconds, throttled=True):
                self._pauses.pause(waiting.item.mailbox, seconds)
                self._pauses.waited += seconds
                self._rest(waiting, seconds)
            case Wait(seconds=seconds):
                self._rest(waiting, seconds)
            case Accept() | GiveUp():
                if not waiting.future.done():
                    waiting.future.set_result(result)

    def _judge(self, waiting: _Waiting, answer: ItemAnswer) -> Verdict:
        if answer is NO_ANSWER:
            return self._broken(waiting)
        return judge_status(
            answer.status,
            answer.headers,
            attempt=waiting.attempt,
            jitter=self._pace.jitter(),
            now=self._pace.now(),
        )

    def _broken(self, waiting: _Waiting) -> Verdict:
        return judge_failure(attempt=waiting.attempt, jitter=self._pace.jitter())
