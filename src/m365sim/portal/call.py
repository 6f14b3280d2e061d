"""A request to one of the pages, and what can be answered but a page."""

from collections.abc import Mapping
from dataclasses import dataclass
from email import message_from_bytes, policy
from html import escape
from importlib.resources import files

from m365sim.answers import Answer
from m365sim.state.applications import Application
from m365sim.state.directory import Directory
from m365sim.wire import WireRequest, pairs
from m365sim.world import World

HTML = "text/html; charset=utf-8"
STYLE = files("m365sim.portal").joinpath("page.css").read_text("utf-8")


class NoPageError(Exception):
    """There is nothing at this address."""


@dataclass(frozen=True, slots=True)
class PortalCall:
    """What a page gets to work with."""

    world: World
    arguments: tuple[str, ...]
    query: Mapping[str, str]
    form: Mapping[str, tuple[str, ...]]
    """What was sent, files as their text; a name may be there more than once."""

    @property
    def directory(self) -> Directory:
        """The directory in the address."""
        found = self.world.directory(self.arguments[0])
        if found is None:
            raise NoPageError
        return found

    @property
    def application(self) -> Application:
        """The application in the address."""
        found = self.directory.applications.get(self.arguments[1].lower())
        if found is None:
            raise NoPageError
        return found

    def text(self, name: str) -> str:
        """Return one value of the form without white space around it, "" if it is not there."""
        return next(iter(self.form.get(name, ())), "").strip()


def read_form(request: WireRequest) -> dict[str, tuple[str, ...]]:
    """Read a form as browsers send it, with files or without."""
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        return _gathered(list(_plain(request.body.decode(errors="replace"))))
    head = f"Content-Type: {kind}\r\n\r\n".encode()
    message = message_from_bytes(head + request.body, policy=policy.HTTP)
    found: list[tuple[str, str]] = []
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            found.append((name, content.decode(errors="replace")))
    return _gathered(found)


def _plain(text: str) -> list[tuple[str, str]]:
    return [item for pair in text.split("&") for item in pairs(pair).items()]


def _gathered(found: list[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    form: dict[str, tuple[str, ...]] = {}
    for name, value in found:
        form[name] = (*form.get(name, ()), value)
    return form


def see_other(address: str) -> Answer:
    """Send the browser to another address, to be read there."""
    return Answer(303, b"", HTML, {"Location": address})


def page(title: str, body: str, *, status: int = 200) -> Answer:
    """Write a page. `body` is HTML."""
    return Answer(
        status,
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{escape(title)} - m365sim</title><style>{STYLE}</style></head><body>"
            '<header><a href="/">Simulated Microsoft Entra</a><span>m365sim: not Microsoft'
            f"</span></header><main><h1>{escape(title)}</h1>{body}</main></body></html>"
        ).encode(),
        HTML,
    )
