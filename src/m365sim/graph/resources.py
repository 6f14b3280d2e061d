"""One resource asked for, alone or in a batch: permissions, limits, kept answers, faults."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from m365sim.answers import Answer, GraphError, Marks, error_answer
from m365sim.faults.playing import NO_QUIRKS, Outcome, Quirks, play
from m365sim.faults.rules import Rule, Subject
from m365sim.graph.call import Access, Call
from m365sim.graph.keeping import KeptAnswers
from m365sim.graph.mailboxes import access_denied
from m365sim.graph.options import read_options, read_prefer
from m365sim.graph.router import Route, Workload
from m365sim.graph.routes import make_router
from m365sim.graph.users import denied
from m365sim.limits import cost_of
from m365sim.world import World

HOUR = 3600
LATENCY_UNDER_LIMITS = 0.02
"""How long Outlook takes when its limits are enforced: or nothing would ever be concurrent."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request below the version, alone or out of a batch."""

    method: str
    path: str
    """With the query."""
    headers: dict[str, str]
    body: bytes
    base: str
    """`https://host:port/v1.0` as the client called it."""
    marks: Marks
    in_batch: bool = False

    @property
    def bare_path(self) -> str:
        """The path without the query."""
        return self.path.partition("?")[0]


class Resources:
    """All resources of Graph behind one door."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._router = make_router()
        self._kept = KeptAnswers()

    async def outcome(
        self, asked: Asked, access: Access, subject: Subject, rules: list[Rule]
    ) -> Outcome:
        """Answer one request as limits and faults let it."""
        now = self._world.clock.now()

        def played(serve: Callable[[Quirks], Answer]) -> Outcome:
            return play(rules, subject=subject, marks=asked.marks, now=now, serve=serve)

        try:
            route, arguments = self._router.find(asked.method, asked.bare_path)
            async with self._place(access, route, arguments):
                return played(lambda quirks: self._safely(asked, access, route, arguments, quirks))
        except GraphError as error:
            refusal = error_answer(error, asked.marks)
            return played(lambda _: refusal)

    @contextlib.asynccontextmanager
    async def _place(
        self, access: Access, route: Route, arguments: tuple[str, ...]
    ) -> AsyncIterator[None]:
        """Hold a place at the service for as long as it takes; 429 when there is none."""
        settings, limits = self._world.settings, self._world.limits
        if route.workload is Workload.DIRECTORY:
            await _pause(settings.directory_latency_ms / 1000)
            yield
            return
        key = (access.claims.appid, mailbox_key(access, arguments))
        limits.enter_mailbox(settings, key, self._world.clock.now())
        try:
            least = LATENCY_UNDER_LIMITS if settings.outlook_limits else 0
            await _pause(settings.outlook_latency_ms / 1000 or least)
            yield
        finally:
            limits.leave_mailbox(key)

    def mailbox_of(self, access: Access, asked: Asked) -> str:
        """Return a sign of the mailbox that a request is about, "" when it is about none."""
        try:
            route, arguments = self._router.find(asked.method, asked.bare_path)
        except GraphError:
            return ""
        return mailbox_key(access, arguments) if route.workload is Workload.OUTLOOK else ""

    def _safely(
        self,
        asked: Asked,
        access: Access,
        route: Route,
        arguments: tuple[str, ...],
        quirks: Quirks,
    ) -> Answer:
        try:
            return self._answer(asked, access, route, arguments, quirks)
        except GraphError as error:
            return error_answer(error, asked.marks)

    def _answer(
        self,
        asked: Asked,
        access: Access,
        route: Route,
        arguments: tuple[str, ...],
        quirks: Quirks,
    ) -> Answer:
        path, _, query = asked.path.partition("?")
        now = self._world.clock.now()
        options = read_options(query, allowed=route.options)
        charged: dict[str, str] = {}
        if route.workload is Workload.DIRECTORY:
            charged = self._world.limits.charge_directory(
                self._world.settings,
                application=access.claims.appid,
                directory=access.directory.directory_id,
                people=len(access.directory.people),
                cost=cost_of(route.cost, options.values),
                now=now,
            )
        _check_roles(access, route)
        call = Call(
            world=self._world,
            access=access,
            base=asked.base,
            path=path,
            arguments=arguments,
            options=options,
            prefer=read_prefer(
                asked.headers.get("prefer"), immutable_ids=self._world.settings.immutable_ids
            ),
            headers=asked.headers,
            body=asked.body,
            quirks=quirks,
            marks=asked.marks,
            now=now,
        )
        answer = self._kept_answer(asked, call, route)
        if not charged:
            return answer
        return Answer(
            answer.status, answer.body, answer.content_type, {**answer.headers, **charged}
        )

    def _kept_answer(self, asked: Asked, call: Call, route: Route) -> Answer:
        revision = _revision(call, route)
        if asked.method != "GET" or call.quirks is not NO_QUIRKS or revision is None:
            return route.answer(call)
        application = call.access.application
        key = (
            call.directory.serial,
            revision,
            asked.path,
            asked.base,
            call.prefer,
            call.eventual,
            call.access.claims.uti,
            application and application.mailbox_grants,
            self._world.settings,
            int(call.now // HOUR),
        )
        answer = self._kept.get(key)
        if answer is None:
            answer = route.answer(call)
            self._kept.keep(key, answer)
        return answer


async def _pause(seconds: float) -> None:
    if seconds:
        await asyncio.sleep(seconds)


def _revision(call: Call, route: Route) -> tuple[int, ...] | None:
    if route.workload is Workload.DIRECTORY:
        return call.directory.revision
    slot = call.directory.people.by_address(call.arguments[0])
    return None if slot is None else call.directory.mailbox_revision(slot)


def mailbox_key(access: Access, arguments: tuple[str, ...]) -> str:
    """Return one sign for a mailbox, by whichever name it is called."""
    slot = access.directory.people.by_address(arguments[0])
    return arguments[0].lower() if slot is None else access.directory.people.object_id(slot)


def _check_roles(access: Access, route: Route) -> None:
    """Check what the token alone decides; a mailbox may also have been granted in Exchange."""
    if access.roles & route.roles:
        return
    if route.workload is Workload.DIRECTORY:
        raise denied()
    grants = access.application.mailbox_grants if access.application else ()
    if not any(grant.role in route.roles for grant in grants):
        raise access_denied("Access is denied. Check credentials and try again.")
