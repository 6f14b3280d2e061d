"""One open connection to one Microsoft 365 directory: what the engine reads from."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from rollcall.core.policy import Stage
from rollcall.core.ports import (
    BookFailure,
    BookReading,
    BookRequest,
    PhotoContent,
    PhotoFailure,
    PhotoTag,
    PurposeAnswer,
    UserEvent,
)
from rollcall.core.records import Cursor, Sighting, SourceId, UserRecord
from rollcall.core.report import Usage
from rollcall.providers.http.client import HttpClient, Outgoing, open_client
from rollcall.providers.http.pace import Pace, Pauses
from rollcall.providers.m365 import contacts, users
from rollcall.providers.m365.auth import Application, TokenSource, TokenVault
from rollcall.providers.m365.batch import Item, ItemAnswer
from rollcall.providers.m365.batch_queue import BatchQueue
from rollcall.providers.m365.books import BooksReader
from rollcall.providers.m365.claims import read_claims
from rollcall.providers.m365.graph import GraphClient
from rollcall.providers.m365.permissions import missing_permission
from rollcall.providers.m365.photos import PhotosReader
from rollcall.providers.m365.purposes import PurposesReader
from rollcall.providers.m365.search import PeopleSearch
from rollcall.providers.m365.users import UsersReader

T = TypeVar("T")


class M365Source:
    """Reads people, photos and contacts of one directory."""

    offers = frozenset(Stage)
    users_shape = users.SHAPE
    contacts_shape = contacts.SHAPE

    def __init__(
        self,
        *,
        client: HttpClient,
        graph: GraphClient,
        tokens: TokenSource,
        queue: BatchQueue,
        pauses: Pauses,
        delta: bool,
    ) -> None:
        self.client = client
        self.graph = graph
        self.tokens = tokens
        self._queue = queue
        self._pauses = pauses
        self.search = PeopleSearch(graph)
        self._users = UsersReader(graph, queue)
        self._photos = PhotosReader(queue)
        self._purposes = PurposesReader(queue)
        self._books = BooksReader(queue, root=graph.root, delta=delta)

    def read_users(self, *, since: Cursor | None, resume: str = "") -> AsyncGenerator[UserEvent]:
        """Read everybody, or what changed `since`; go on at `resume` if it is given."""
        return self._users.read(since=since, resume=resume)

    def reread_users(self, ids: Sequence[SourceId]) -> AsyncGenerator[Sighting]:
        """Read single objects, again."""
        return self._users.reread(ids)

    async def find_users(self, lines: Sequence[str]) -> list[UserRecord]:
        """Look ids, principal names and mail addresses up in the live directory."""
        return await self._users.find(lines)

    def read_tags(self, ids: Sequence[SourceId]) -> AsyncGenerator[PhotoTag | PhotoFailure]:
        """Read the tags of people's photos."""
        return self._photos.read_tags(ids)

    def read_photos(self, ids: Sequence[SourceId]) -> AsyncGenerator[PhotoContent | PhotoFailure]:
        """Read people's photos."""
        return self._photos.read_photos(ids)

    def read_books(
        self, requests: AsyncGenerator[BookRequest]
    ) -> AsyncGenerator[BookReading | BookFailure]:
        """Read mailboxes, in whatever order they are done."""
        return self._books.read(requests)

    def read_purposes(self, ids: Sequence[SourceId]) -> AsyncGenerator[PurposeAnswer]:
        """Say what each mailbox is for."""
        return self._purposes.read(ids)

    async def ask(self, item: Item, decode: Callable[[bytes], T]) -> T | ItemAnswer:
        """Ask one thing in a batch: what `decode` makes of a good answer, else the answer."""
        return await self._queue.ask(item, decode)

    def lacking(self, stage: Stage) -> str:
        """Name the permission that `stage` seems to lack; "" if none."""
        token = self.tokens.current
        return missing_permission(stage, read_claims(token).roles) if token else ""

    def usage(self) -> Usage:
        """What has been asked of Microsoft so far."""
        return Usage(
            requests=self.client.requests,
            items=self._queue.items,
            throttled_seconds=round(self._pauses.waited, 1),
        )


@asynccontextmanager
async def open_source(
    *,
    application: Application,
    vault: TokenVault,
    outgoing: Outgoing,
    new_id: Callable[[], str],
    pace: Pace | None = None,
) -> AsyncIterator[M365Source]:
    """Open a connection to the application's directory; it is closed with the block."""
    pace = pace or Pace()
    pauses = Pauses(pace)
    cloud = application.cloud
    async with open_client(outgoing=outgoing, origins=cloud.origins, new_id=new_id) as client:
        tokens = TokenSource(client, application, vault, pace=pace, new_id=new_id)
        graph = GraphClient(client, cloud, tokens, pace=pace, pauses=pauses)
        async with BatchQueue(graph, pace=pace, pauses=pauses) as queue:
            yield M365Source(
                client=client,
                graph=graph,
                tokens=tokens,
                queue=queue,
                pauses=pauses,
                delta=cloud.contact_delta,
            )
