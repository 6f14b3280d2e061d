"""What directories publish for signing in, kept in the process: their endpoints and their keys.

How long is the policy's (rollcall.oidc.keeping). Whoever asks while something is being read waits
for that one reading. It lives on the background loop; other threads may `glance`, no more.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec
import structlog

from rollcall.core.errors import ContractError, SyncError, TransientError
from rollcall.core.ports import Clock
from rollcall.oidc.keeping import (
    Age,
    Fetch,
    Kept,
    Refuse,
    Use,
    UseAndRefresh,
    judge,
    judge_age,
    keep_failed,
    keep_read,
)
from rollcall.oidc.keys import KeySet, read_keys
from rollcall.oidc.metadata import Metadata, read_metadata
from rollcall.providers.http.client import HttpClient, Outgoing
from rollcall.providers.m365.clouds import Cloud
from rollcall.providers.m365.sign_in import fetch_document
from rollcall.wiring.loop import BackgroundLoop

T = TypeVar("T")

MOST_DIRECTORIES: Final = 2048
READING_SECONDS: Final = 8.0
AT_ONCE: Final = 16
"""So many readings at once leave most connections to those who sign in."""

_log = structlog.get_logger(__name__)


class Place(msgspec.Struct, frozen=True):
    """A directory, and how it is reached. Two directories share nothing."""

    cloud: Cloud
    directory_id: str
    outgoing: Outgoing

    @property
    def issuer(self) -> str:
        """The issuer that it must have."""
        return self.cloud.issuer_of(self.directory_id)


@dataclass(frozen=True)
class _Described:
    metadata: Metadata
    read_at: datetime
    tried_at: datetime


class Published:
    """The endpoints and keys of many directories, each read when it is time."""

    def __init__(self, loop: BackgroundLoop) -> None:
        self._loop = loop
        self._descriptions: OrderedDict[Place, _Described] = OrderedDict()
        self._keys: OrderedDict[Place, Kept] = OrderedDict()
        self._readings: dict[tuple[str, Place], asyncio.Task[Any]] = {}
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def client(self, place: Place) -> HttpClient:
        """Return the client that reaches a place."""
        return await self._loop.client(place.cloud, place.outgoing)

    def glance(self, place: Place, clock: Clock) -> Metadata | None:
        """Return a directory's endpoints where nothing is to be read for them or for its keys.

        For any thread: nobody need wait for the loop to hear what is kept.
        """
        kept = self._descriptions.get(place)
        if kept is None or place not in self._keys:
            return None
        age = judge_age(read_at=kept.read_at, tried_at=kept.tried_at, now=clock())
        return kept.metadata if age is Age.GOOD else None

    async def metadata(self, place: Place, clock: Clock) -> Metadata:
        """Return a directory's endpoints, or raise SyncError."""
        kept = self._descriptions.get(place)
        if kept is not None:
            age = judge_age(read_at=kept.read_at, tried_at=kept.tried_at, now=clock())
            if age is not Age.OVER:
                if age is Age.DUE:
                    self._read_beside("metadata", place, lambda: self._describe(place, clock))
                return kept.metadata
        return await self._read_once("metadata", place, lambda: self._describe(place, clock))

    async def keys(self, place: Place, kid: str, clock: Clock) -> KeySet:
        """Return the keys to verify by what `kid` signed, or raise SyncError.

        If they do not hold it, the directory does not publish it.
        """
        match judge(self._keys.get(place), kid, clock()):
            case Use(keys=keys) | Refuse(keys=keys):
                return keys
            case UseAndRefresh(keys=keys):
                self._read_beside("keys", place, lambda: self._collect(place, "", clock))
                return keys
            case Fetch():
                return await self._read_once(
                    "keys", place, lambda: self._collect(place, kid, clock)
                )

    def prepare(self, place: Place, clock: Clock) -> None:
        """Begin to read a directory's keys, if none are kept: a sign-in will need them."""
        if place not in self._keys:
            self._read_beside("keys", place, lambda: self._collect(place, "", clock))

    async def _describe(self, place: Place, clock: Clock) -> Metadata:
        url = place.cloud.discovery_url(place.directory_id)
        before = self._descriptions.get(place)
        try:
            body = await self._fetch(place, url, clock)
            metadata = read_metadata(body, issuer=place.issuer, origin=place.cloud.login)
        except SyncError:
            if before is not None:
                failed = _Described(before.metadata, before.read_at, clock())
                self._descriptions[place] = failed
            raise
        now = clock()
        _put(self._descriptions, place, _Described(metadata, now, now))
        return metadata

    async def _collect(self, place: Place, kid: str, clock: Clock) -> KeySet:
        before = self._keys.get(place)
        try:
            metadata = await self.metadata(place, clock)
            body = await self._fetch(place, metadata.jwks_uri, clock)
            keys = read_keys(body, directory_id=place.directory_id)
        except SyncError:
            failed = keep_failed(before, now=clock())
            if failed is not None:
                self._keys[place] = failed
            raise
        _put(self._keys, place, keep_read(before, keys, kid=kid, now=clock()))
        return keys

    async def _fetch(self, place: Place, url: str, clock: Clock) -> bytes:
        try:
            async with asyncio.timeout(READING_SECONDS), self._turn:
                client = await self.client(place)
                return await fetch_document(client, url, now=clock())
        except TimeoutError:
            raise TransientError(
                "Microsoft's sign-in service did not answer in time.", code="sign-in-unavailable"
            ) from None

    async def _read_once(
        self, what: str, place: Place, read: Callable[[], Coroutine[Any, Any, T]]
    ) -> T:
        """Read, or wait for the reading that goes on. Who gives up waiting does not end it."""
        reading = self._readings.get((what, place))
        if reading is None:
            reading = asyncio.get_running_loop().create_task(read())
            self._readings[what, place] = reading
            reading.add_done_callback(lambda done: self._end(what, place, done))
        result: T = await asyncio.shield(reading)
        return result

    def _end(self, what: str, place: Place, done: asyncio.Task[Any]) -> None:
        del self._readings[what, place]
        if not done.cancelled():
            done.exception()  # whoever waits has it, and perhaps nobody does any more

    def _read_beside(
        self, what: str, place: Place, read: Callable[[], Coroutine[Any, Any, T]]
    ) -> None:
        if (what, place) in self._readings:
            return

        async def read_quietly() -> None:
            try:
                await self._read_once(what, place, read)
            except SyncError as error:
                _log.warning(
                    "sign_in.not_refreshed",
                    what=what,
                    directory_id=place.directory_id,
                    code=error.code,
                    broken=isinstance(error, ContractError),
                )

        self._loop.do_beside(read_quietly())


def _put(kept: OrderedDict[Place, T], place: Place, value: T) -> None:
    kept[place] = value
    kept.move_to_end(place)
    while len(kept) > MOST_DIRECTORIES:
        kept.popitem(last=False)
