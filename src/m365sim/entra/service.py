"""The login host: which page a path belongs to, and what all its answers have in common."""

from collections.abc import Callable
from urllib.parse import unquote

from m365sim.answers import Answer, Marks
from m365sim.clock import http_date
from m365sim.entra.authorize import authorize, login
from m365sim.entra.call import LoginCall, read_call
from m365sim.entra.discovery import instance_discovery, keys, openid_configuration
from m365sim.entra.logout import logout
from m365sim.entra.refusals import EntraError, refusal_answer
from m365sim.entra.token import token
from m365sim.faults.playing import Outcome, Quirks, play
from m365sim.faults.rules import Subject
from m365sim.portal.service import portal_page
from m365sim.wire import Notes, Reply, WireRequest, marks_of, write_down
from m365sim.world import World

PAGES: dict[tuple[str, str], Callable[[LoginCall], Answer]] = {
    ("GET", "v2.0/.well-known/openid-configuration"): openid_configuration,
    ("GET", "discovery/v2.0/keys"): keys,
    ("GET", "discovery/instance"): instance_discovery,
    ("POST", "oauth2/v2.0/token"): token,
    ("GET", "oauth2/v2.0/authorize"): authorize,
    ("POST", "oauth2/v2.0/authorize"): authorize,
    ("POST", "login"): login,
    ("GET", "oauth2/v2.0/logout"): logout,
    ("POST", "oauth2/v2.0/logout"): logout,
}
"""Method and path below `/{tenant}/`. Pages of the registrations are the portal's."""


class Entra:
    """The service behind the login host."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def serve(self, request: WireRequest) -> Reply:
        """Answer one request."""
        world = self._world
        now = world.clock.now()
        marks = marks_of(request, now)
        tenant, _, path = request.path.partition("?")[0].lstrip("/").partition("/")
        directory = world.directory(unquote(tenant))
        subject = Subject(
            host="login",
            method=request.method,
            path=request.path,
            directory=directory.directory_id if directory else "",
        )
        rules = world.faults.striking(subject)

        def answer(quirks: Quirks) -> Answer:
            return self._page(request, unquote(tenant), path, quirks, marks)

        outcome = play(rules, subject=subject, marks=marks, now=now, serve=answer)
        reply = Reply(outcome, _headers(outcome, marks, now))
        notes = Notes(directory=subject.directory, faults=[rule.id for rule in rules])
        write_down(world, "login", request, reply, notes)
        return reply

    def _page(
        self, request: WireRequest, tenant: str, path: str, quirks: Quirks, marks: Marks
    ) -> Answer:
        page = PAGES.get((request.method, path.rstrip("/").lower()))
        if page is None:
            return portal_page(self._world, request) or Answer(
                404, b"There is no such page.", "text/plain"
            )
        call = read_call(self._world, request, tenant=tenant, quirks=quirks, marks=marks)
        try:
            return page(call)
        except EntraError as error:
            return refusal_answer(error, marks, login_url=self._world.login_url)


def _headers(outcome: Outcome, marks: Marks, now: float) -> dict[str, str]:
    return {
        "Content-Type": outcome.answer.content_type,
        "Cache-Control": "no-store, no-cache",
        "Pragma": "no-cache",
        "Date": http_date(now),
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
        "x-ms-request-id": marks.request_id,
        "client-request-id": marks.client_request_id,
        **outcome.answer.headers,
    }
