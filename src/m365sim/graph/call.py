"""A request to Graph, alone or as an item of a batch."""

from collections.abc import Mapping
from dataclasses import dataclass

from m365sim.answers import GRAPH_JSON, Answer, Marks
from m365sim.entra.signing import Claims
from m365sim.faults.playing import Quirks
from m365sim.graph.options import Options, Prefer
from m365sim.state.applications import Application
from m365sim.state.directory import Directory
from m365sim.world import World


@dataclass(frozen=True, slots=True)
class Access:
    """Who calls, and what the token grants."""

    directory: Directory
    claims: Claims
    application: Application | None
    """None when the registration is gone since; the token lives on."""

    @property
    def roles(self) -> frozenset[str]:
        """The application permissions in the token."""
        return self.claims.roles


@dataclass(frozen=True, slots=True)
class Call:
    """What a resource gets to work with."""

    world: World
    access: Access
    base: str
    """`https://host:port/v1.0` as the client called it: links in answers start with it."""
    path: str
    """Below the base, without the query, as the client wrote it."""
    arguments: tuple[str, ...]
    """The variable parts of the path, decoded."""
    options: Options
    prefer: Prefer
    headers: Mapping[str, str]
    body: bytes
    quirks: Quirks
    marks: Marks
    now: float

    @property
    def directory(self) -> Directory:
        """The directory of the token."""
        return self.access.directory

    @property
    def eventual(self) -> bool:
        """Whether the caller asks for the advanced index."""
        return self.headers.get("consistencylevel", "").lower() == "eventual"


@dataclass(frozen=True, slots=True)
class PageLinks:
    """Where a page leads: on, or to the next round."""

    next_link: str | None = None
    delta_link: str | None = None


def page_body(
    context: str,
    records: list[bytes],
    links: PageLinks = PageLinks(),
    *,
    count: int | None = None,
) -> bytes:
    """Write a page around records that are JSON already."""
    head = [f'"@odata.context":"{context}"']
    if count is not None:
        head.append(f'"@odata.count":{count}')
    if links.next_link is not None:
        head.append(f'"@odata.nextLink":"{links.next_link}"')
    if links.delta_link is not None:
        head.append(f'"@odata.deltaLink":"{links.delta_link}"')
    return b"".join([b"{", ",".join(head).encode(), b',"value":[', b",".join(records), b"]}"])


def answer_of(body: bytes, **headers: str) -> Answer:
    """Wrap a good JSON body."""
    return Answer(
        200, body, GRAPH_JSON, {name.replace("_", "-"): value for name, value in headers.items()}
    )
