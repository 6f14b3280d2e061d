"""The Graph host: who calls, which faults strike, one resource or a batch of them."""

import asyncio
from collections import Counter
from urllib.parse import unquote

from m365sim.answers import GRAPH_JSON, Answer, GraphError, Marks, error_answer
from m365sim.clock import http_date
from m365sim.faults.answering import failed_dependency, mailbox_throttled
from m365sim.faults.playing import Outcome, play, replacement
from m365sim.faults.rules import Subject
from m365sim.graph.batch import (
    FIRST_ERROR,
    BatchItem,
    batch_parts,
    in_waves,
    read_batch,
    relative_path,
)
from m365sim.graph.call import Access
from m365sim.graph.identity import Gatekeeper
from m365sim.graph.resources import Asked, Resources
from m365sim.journal import ItemEntry, logged_headers
from m365sim.wire import Notes, Reply, WireRequest, marks_of, write_down
from m365sim.world import World

VERSION = "/v1.0"
BATCH_PATH = "/$batch"
DIAGNOSTIC = (
    '{"ServerInfo":{"DataCenter":"Simulated","Slice":"E","Ring":"0","ScaleUnit":"000",'
    '"RoleInstance":"M365SIM"}}'
)


class Graph:
    """The service behind the Graph host."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._gatekeeper = Gatekeeper(world)
        self._resources = Resources(world)

    async def serve(self, request: WireRequest) -> Reply:
        """Answer one request."""
        world = self._world
        now = world.clock.now()
        asked = Asked(
            method=request.method,
            path=request.path.removeprefix(VERSION),
            headers=dict(request.headers),
            body=request.body,
            base=f"{request.host_url}{VERSION}",
            marks=marks_of(request, now),
        )
        notes = Notes()
        admitted: Access | GraphError
        try:
            _check_version(request.path)
            admitted = self._gatekeeper.admit(request.headers, now)
            notes.directory = admitted.directory.directory_id
        except GraphError as error:
            admitted = error
        outcome = await self._outcome(asked, admitted, notes)
        reply = Reply(outcome, _headers(outcome.answer, asked.marks, now))
        write_down(world, "graph", request, reply, notes)
        return reply

    async def _outcome(self, asked: Asked, admitted: Access | GraphError, notes: Notes) -> Outcome:
        now = self._world.clock.now()
        subject = Subject(
            host="graph",
            method=asked.method,
            path=f"{VERSION}{asked.path}",
            directory=notes.directory,
            in_batch=asked.in_batch,
            origin=asked.base.removesuffix(VERSION),
        )
        rules = self._world.faults.striking(subject)
        notes.faults += [rule.id for rule in rules]
        if isinstance(admitted, GraphError):
            ready = error_answer(admitted, asked.marks)
        elif asked.path == BATCH_PATH and not asked.in_batch:
            instead = replacement(rules, subject=subject, marks=asked.marks, now=now)
            ready = instead or await self._batch(asked, admitted, notes)
        else:
            return await self._resources.outcome(asked, admitted, subject, rules)
        return play(rules, subject=subject, marks=asked.marks, now=now, serve=lambda _: ready)

    async def _batch(self, asked: Asked, access: Access, notes: Notes) -> Answer:
        try:
            if asked.method != "POST":
                message = "Specified HTTP method is not allowed for the request target."
                raise GraphError(405, "Request_BadRequest", message)  # noqa: TRY301 - one way out
            items = read_batch(asked.body)
            waves = in_waves(items)
        except GraphError as error:
            return error_answer(error, asked.marks)
        answers: dict[str, Answer] = {}
        for wave in waves:
            await self._wave(asked, access, wave, answers, notes)
        notes.items = [_logged(item, answers[item.id]) for item in items]
        parts = batch_parts([(item.id, answers[item.id]) for item in items])
        return Answer(200, b"".join(parts), GRAPH_JSON, parts=parts)

    async def _wave(
        self,
        asked: Asked,
        access: Access,
        wave: list[BatchItem],
        answers: dict[str, Answer],
        notes: Notes,
    ) -> None:
        """Run items that do not depend on each other, and put their answers to the others."""
        taken: Counter[str] = Counter()
        running: list[tuple[BatchItem, Asked]] = []
        for item in wave:
            try:
                parents = [answers[other] for other in item.depends_on or ()]
                running.append((item, self._started(asked, access, item, parents, taken)))
            except GraphError as error:
                answers[item.id] = error_answer(error, asked.marks)
        outcomes = await asyncio.gather(*(self._outcome(one, access, notes) for _, one in running))
        wait = max((outcome.wait for outcome in outcomes), default=0)
        if wait:
            await asyncio.sleep(wait)
        for (item, _), outcome in zip(running, outcomes, strict=True):
            answers[item.id] = outcome.answer

    def _started(
        self,
        asked: Asked,
        access: Access,
        item: BatchItem,
        parents: list[Answer],
        taken: Counter[str],
    ) -> Asked:
        """Return an item as a request of its own; Outlook takes only some for one mailbox."""
        if any(parent.status >= FIRST_ERROR for parent in parents):
            raise failed_dependency()
        hosts = {asked.base, f"{self._world.graph_url}{VERSION}"}
        one = Asked(
            method=item.method.upper(),
            path=relative_path(item.url, bases=hosts),
            headers={name.lower(): text for name, text in item.headers.items()},
            body=bytes(item.body),
            base=asked.base,
            marks=asked.marks,
            in_batch=True,
        )
        mailbox = self._resources.mailbox_of(access, one)
        if mailbox:
            taken[mailbox] += 1
            if taken[mailbox] > self._world.settings.batch_mailbox_items:
                raise mailbox_throttled()
        return one


def _logged(item: BatchItem, answer: Answer) -> ItemEntry:
    headers = {name.lower(): text for name, text in item.headers.items()}
    return ItemEntry(
        id=item.id,
        method=item.method.upper(),
        url=item.url,
        status=answer.status,
        headers=logged_headers(headers),
    )


def _check_version(path: str) -> None:
    if not path.startswith(f"{VERSION}/"):
        version = unquote(path.lstrip("/").partition("/")[0])
        raise GraphError(404, "ResourceNotFound", f"Invalid version: {version}")


def _headers(answer: Answer, marks: Marks, now: float) -> dict[str, str]:
    headers = {
        "Content-Type": answer.content_type,
        "Cache-Control": "no-cache",
        "Date": http_date(now),
        "Strict-Transport-Security": "max-age=31536000",
        "Vary": "Accept-Encoding",
        "request-id": marks.request_id,
        "client-request-id": marks.client_request_id,
        "x-ms-ags-diagnostic": DIAGNOSTIC,
    }
    if answer.content_type.startswith(GRAPH_JSON):
        headers["OData-Version"] = "4.0"
    return headers | dict(answer.headers)
