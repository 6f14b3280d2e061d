"""A request to the login host."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from m365sim.answers import Marks
from m365sim.faults.playing import Quirks
from m365sim.state.directory import Directory
from m365sim.wire import WireRequest
from m365sim.world import World


@dataclass(frozen=True, slots=True)
class LoginCall:
    """What a page of the login host gets to work with."""

    world: World
    tenant: str
    """The directory as the client wrote it: id, domain, `common` …"""
    host_url: str
    """`https://host:port` as the client called it."""
    form: Mapping[str, str]
    query: Mapping[str, str]
    quirks: Quirks
    marks: Marks
    headers: Mapping[str, str]
    """Names in lower case."""
    repeated: str = ""
    """A parameter that was given twice, if any was."""

    @property
    def directory(self) -> Directory | None:
        """The directory that was called, if there is one."""
        return self.world.directory(self.tenant)


def read_call(
    world: World, request: WireRequest, *, tenant: str, quirks: Quirks, marks: Marks
) -> LoginCall:
    """Read a request: its query, the form of a POST, and what was said twice in either."""
    query = _pairs(request.path.partition("?")[2])
    form = _pairs(request.body.decode(errors="replace")) if request.method == "POST" else []
    return LoginCall(
        world=world,
        tenant=tenant,
        host_url=request.host_url,
        form=dict(form),
        query=dict(query),
        quirks=quirks,
        marks=marks,
        headers=request.headers,
        repeated=_repeated(query) or _repeated(form),
    )


def _pairs(text: str) -> list[tuple[str, str]]:
    return parse_qsl(text, keep_blank_values=True)


def _repeated(found: list[tuple[str, str]]) -> str:
    seen: set[str] = set()
    for name, _ in found:
        if name in seen:
            return name
        seen.add(name)
    return ""
