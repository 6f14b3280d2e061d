"""A browser without scripts that signs in with Microsoft, and can be made to lie on the way."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from django.http import HttpResponse

from rollcall.web.identity import COOKIE
from tests.integration.portal.visitors import make_client

if TYPE_CHECKING:
    from tests.integration.signin.attacks.arena import Arena
    from tests.integration.signin.attacks.ground import Person
    from tests.sites import Site

WEB: Final = "pbx.example"
SBC: Final = "sbc.example:9443"
START: Final = "/sign-in/microsoft"
CALLBACK: Final = "/ms365/callback"
TESTED: Final = "/integration/sign-in/test"
FLOW: Final = "__Host-flow-"
SHORT: Final = 12


@dataclass(frozen=True)
class Flight:
    """A sign-in under way: where the browser was sent, and with what."""

    url: str
    asked: Mapping[str, str]

    @property
    def state(self) -> str:
        """The state that Microsoft is to bring back."""
        return self.asked["state"]

    @property
    def nonce(self) -> str:
        """The nonce that the id token is to hold."""
        return self.asked["nonce"]

    @property
    def cookie(self) -> str:
        """The name of the cookie that belongs to it."""
        return FLOW + self.state[:SHORT]


class Browser:
    """One person's browser, at one of the two domains."""

    def __init__(self, arena: "Arena", *, host: str = WEB, **values: Any) -> None:
        self.arena = arena
        self.host = host
        here = {"HTTP_HOST": host, "REMOTE_ADDR": arena.new_address(), **values}
        self.client = make_client(arena.machine, **here)

    @property
    def session(self) -> str:
        """The token of the session that this browser has, or nothing."""
        return self.cookie(COOKIE)

    @property
    def flows(self) -> list[str]:
        """The names of the cookies of sign-ins under way."""
        return [name for name in self.client.cookies if name.startswith(FLOW)]

    def cookie(self, name: str) -> str:
        """Return the value of a cookie, or nothing."""
        found = self.client.cookies.get(name)
        return found.value if found is not None else ""

    def plant(self, name: str, value: str) -> None:
        """Put a cookie into the browser, as somebody can who has it for a moment."""
        self.client.cookies[name] = value

    def get(self, address: str, **values: Any) -> HttpResponse:
        """Open a page."""
        return self._seen(self.client.get(address, **values))

    def post(self, address: str, form: Mapping[str, str], **values: Any) -> HttpResponse:
        """Send a form."""
        return self._seen(self.client.post(address, dict(form), **values))

    def press(self, site: "Site", *, onward: str = "", address: str = "", **values: Any) -> Any:
        """Press the Microsoft button of a tenant."""
        form = {"tenant": site.slug, "next": onward, "email": address}
        return self.post(START, {k: v for k, v in form.items() if v}, **values)

    def start(self, site: "Site", *, onward: str = "", address: str = "") -> Flight:
        """Press the button, and return where to it leads; that must be Microsoft."""
        return self._departed(self.press(site, onward=onward, address=address))

    def _departed(self, answer: HttpResponse) -> Flight:
        url = self.leads_to(answer)
        assert url.startswith(self.arena.simulator.login), (answer.status_code, url)
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        flight = Flight(url, asked)
        self.arena.keep_secret(flight.state, flight.nonce, self.cookie(flight.cookie))
        return flight

    def begin_test(self, site: "Site") -> Flight:
        """Begin the sign-in test of a tenant, as its administrator."""
        return self._departed(self.post(f"/t/{site.slug}{TESTED}", {}))

    def leads_to(self, answer: HttpResponse) -> str:
        """Return where an answer sends the browser, by its header or by its only link there."""
        if "Location" in answer.headers:
            return str(answer.headers["Location"])
        text = answer.content.decode()
        links = re.findall(r'(?:href|action|url)="?=?([^"> ]+)', text)
        own = [unescape(link) for link in links]
        return next((link for link in own if link.startswith(self.arena.simulator.login)), "")

    def ask(self, method: str, asked: Mapping[str, str]) -> HttpResponse:
        """Bring an answer of Microsoft's by another method than GET."""
        return self._seen(self.client.generic(method, f"{CALLBACK}?{urlencode(asked)}"))

    def come_back(
        self, asked: Mapping[str, str] | str, *, path: str = CALLBACK, **values: Any
    ) -> HttpResponse:
        """Come back from Microsoft with a query."""
        query = asked if isinstance(asked, str) else urlencode(asked)
        return self.get(f"{path}?{query}", **values)

    def sign_in(self, site: "Site", person: "Person", *, onward: str = "") -> HttpResponse:
        """Sign in, with nothing wrong."""
        flight = self.start(site, onward=onward)
        code = self.arena.code_for(flight, person)
        return self.come_back({"code": code, "state": flight.state})

    def _seen(self, answer: Any) -> HttpResponse:
        for name, morsel in list(self.client.cookies.items()):
            self.arena.keep_secret(morsel.value)
            if morsel["max-age"] == 0 or not morsel.value:
                del self.client.cookies[name]
        return answer  # type: ignore[no-any-return]  # the test client's subclass of it
