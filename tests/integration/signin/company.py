"""Companies whose people sign in with Microsoft, and their browsers (without scripts).

company.enter(client, person) walks the whole way: the button, Microsoft, the callback.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import msgspec
from django.test import Client

from rollcall.core.policy import Stage
from rollcall.environment import HostPort
from rollcall.integrations.operations import NewList
from rollcall.integrations.rules import ADMINISTRATORS
from rollcall.wiring.machine import Machine
from tests.integration.portal.arrival import cookie_of
from tests.integration.portal.visitors import make_client
from tests.simulator.control import Directory, Simulator
from tests.simulator.shown import UserTruth
from tests.sites import Site, make_site

WEB: Final = HostPort("pbx.example", 443)
SBC: Final = HostPort("sbc.example", 9443)
CALLBACK: Final = "/ms365/callback"
URIS: Final = (f"https://pbx.example{CALLBACK}", f"https://sbc.example:9443{CALLBACK}")
START: Final = "/sign-in/microsoft"
FLOW: Final = "__Host-flow-"
PEOPLE: Final = (
    "people:6,guests=0,disabled=0,nameless=0,mailless=0,photos=0,shared=0,rooms=0,groups=0"
)

Response = Any
"""The test client's own: a response with more to it."""


def with_domains(machine: Machine) -> Machine:
    """Return a machine that people reach by both domains."""
    known = msgspec.structs.replace(machine.environment, web_domain=WEB, sbc_domain=SBC)
    return Machine(known, machine.conninfo)


@dataclass
class Company:
    """A tenant that offers Microsoft's sign-in, and the people of its directory."""

    machine: Machine
    simulator: Simulator
    site: Site

    @property
    def people(self) -> tuple[UserTruth, ...]:
        """Who is in the directory."""
        return self.site.directory.users()

    def browser(self, host: str = "pbx.example") -> Client:
        """Return a browser that came by one of the domains."""
        return make_client(self.machine, HTTP_HOST=host)

    def press(self, client: Client, **fields: str) -> Response:
        """Press the button."""
        return client.post(START, {"tenant": self.site.slug, **fields})

    def depart(self, client: Client, **fields: str) -> str:
        """Press the button; return the address that the browser is sent to."""
        return sent_to(self.press(client, **fields))

    def answer(self, address: str, person: UserTruth, *, sid: str = "") -> str:
        """Have somebody sign in at Microsoft; return where the browser is sent back to."""
        return self.simulator.sign_in(address, person.id, sid=sid).redirect

    def enter(self, client: Client, person: UserTruth, *, sid: str = "", **fields: str) -> Response:
        """Sign in with nothing wrong."""
        return come_back(client, self.answer(self.depart(client, **fields), person, sid=sid))

    def list_administrators(self, *people: UserTruth) -> None:
        """Say who may enter as administrator."""
        lines = {str(each.properties["userPrincipalName"]): each.id for each in people}
        mode = "only" if lines else "all"
        self.site.set(lists={ADMINISTRATORS: NewList(mode, tuple(lines), lines)})

    def select(self, mode: str, *people: UserTruth) -> None:
        """Say who of the people may sign in."""
        lines = {str(each.properties["userPrincipalName"]): each.id for each in people}
        self.site.set(lists={"sign-in": NewList(mode, tuple(lines), lines)})


def make_company(
    machine: Machine,
    simulator: Simulator,
    *,
    slug: str = "contoso",
    directory: Directory | str = "",
    **values: Any,
) -> Company:
    """Make one: its application is registered, its people are synchronised."""
    where = directory or f"{PEOPLE},name={slug}"
    site = make_site(machine, simulator, where, slug=slug, photos=False)
    site.application.register(*URIS, optional_claims=["login_hint"])
    site.set(**{"sign_in": True, **values})
    site.sync(Stage.USERS)
    return Company(machine, simulator, site)


def sent_to(answer: Response) -> str:
    """Return where a page sends the browser; a form's answer may not lead elsewhere itself."""
    assert answer.status_code == 200, (answer.status_code, answer.content)
    assert "Location" not in answer.headers
    return str(answer["Refresh"].partition("url=")[2])


def come_back(client: Client, address: str, **headers: Any) -> Response:
    """Have the browser follow Microsoft's redirect to us."""
    parts = urlsplit(address)
    assert parts.path == CALLBACK
    return client.get(f"{parts.path}?{parts.query}", **headers)


def asked(address: str) -> Mapping[str, str]:
    """Return what an authorize address asks for."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def flows(client: Client) -> list[str]:
    """Return the names of the cookies of sign-ins under way."""
    return [
        name for name, morsel in client.cookies.items() if name.startswith(FLOW) and morsel.value
    ]


def has_session(client: Client) -> bool:
    """Tell whether the browser was given a session."""
    return bool(cookie_of(client))
