"""One resource asked for, alone or in a batch: permissions, limits, kept answers, faults."""

import asyncio
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
        limits = self._world.limits
        route: Route | None = None
        arguments: tuple[str, ...] = ()
        refusal: GraphError | None = None
        mailbox: tuple[str, str] | None = None
        try:
            route, arguments = self._router.find(asked.method, asked.bare_path)
            if route.workload is Workload.OUTLOOK:
                key = (access.claims.appid, mailbox_key(access, arguments))
                limits.enter_mailbox(self._world.settings, key, now)
                mailbox = key
        except GraphError as error:
            refusal = error

        def answer(quirks: Quirks) -> Answer:
            try:
                if route is None or refusal is not None:
                    raise refusal or GraphError(500, "UnknownError", "No route and no refusal.")
                return self._answer(asked, access, route, arguments, quirks)
            except GraphError as error:
                return error_answer(error, asked.marks)

        try:
            latency = self._latency(route) if refusal is None else 0
            if latency:
                await asyncio.sleep(latency)
            return play(rules, subject=subject, marks=asked.marks, now=now, serve=answer)
        finally:
            if mailbox is not None:
                limits.leave_mailbox(mailbox)

    def mailbox_of(self, access: Access, asked: Asked) -> str:
        """Return a sign of the mailbox that a request is about, "" when it is about none."""
        try:
            route, arguments = self._router.find(asked.method, asked.bare_path)
        except GraphError:
            return ""
        return mailbox_key(access, arguments) if route.workload is Workload.OUTLOOK else ""

    def _latency(self, route: Route | None) -> float:
        settings = self._world.settings
        if route is None or route.workload is Workload.DIRECTORY:
            return settings.directory_latency_ms / 1000
        if settings.outlook_latency_ms:
            return settings.outlook_latency_ms / 1000
        return LATENCY_UNDER_LIMITS if settings.outlook_limits else 0.0

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
            prefer=read_prefer(asked.headers.get("prefer")),
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
            call.directory.directory_id,
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
