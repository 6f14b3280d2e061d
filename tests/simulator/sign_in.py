"""A browser without scripts at the simulator's sign-in pages, and a client that redeems codes."""

import html
import json
import re
import secrets
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.simulator.control import Directory, Simulator
from tests.simulator.graph import Answer, Client, unpadded
from tests.simulator.microsoft import requests
from tests.simulator.shown import UserTruth

CALLBACK = "https://pbx.example.com/ms365/callback"
SCOPES = "openid profile"


@dataclass(frozen=True)
class Attempt:
    """One attempt to sign in, with all that is random in it."""

    client: Client
    redirect_uri: str = CALLBACK
    state: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    def url(self, *, tenant: str | None = "", **other: str | None) -> str:
        """Return an authorize address; None takes a parameter away."""
        values: dict[str, str | None] = {
            "client_id": self.client.application.application_id,
            "response_type": "code",
            "redirect_uri": self.redirect_uri,
            "response_mode": "query",
            "scope": SCOPES,
            "state": self.state,
            "nonce": self.nonce,
            "code_challenge": unpadded(sha256(self.verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        kept = {name: value for name, value in (values | other).items() if value is not None}
        tenant = tenant or self.client.application.directory_id
        return f"{self.client.simulator.login}/{tenant}/oauth2/v2.0/authorize?{urlencode(kept)}"

    def redeem(self, given: str, /, *, url: str | None = "", **other: str | None) -> Answer:
        """Redeem a code; None takes a field away."""
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "scope": SCOPES,
            "code": given,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
        }
        return self.client.ask_token(form | other, url=url or "")

    def code(self, user: str, **other: str | None) -> str:
        """Return a code for somebody, without a browser."""
        return self.client.simulator.sign_in(self.url(**other), user).code

    def claims(self, user: str, **other: str | None) -> dict[str, Any]:
        """Sign somebody in and return what their id token says."""
        answer = self.redeem(self.code(user, **other), scope=other.get("scope") or SCOPES)
        assert answer.status == 200, answer.json
        return payload_of(answer.json["id_token"])


@dataclass(frozen=True)
class Page:
    """What a browser sees."""

    status: int
    text: str
    location: str

    @property
    def title(self) -> str:
        """The heading."""
        found = re.search(r"<h1>(.*?)</h1>", self.text)
        return html.unescape(found[1]) if found else ""

    @property
    def action(self) -> str:
        """Where its form goes."""
        found = re.search(r'<form method="post" action="([^"]*)"', self.text)
        assert found, self.text
        return html.unescape(found[1])

    @property
    def said(self) -> str:
        """What is said to be wrong."""
        found = re.search(r'role="alert">(.*?)</p>', self.text)
        return html.unescape(found[1]) if found else ""

    @property
    def told(self) -> dict[str, str]:
        """What the application is told in the query it is sent back with."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.location).query).items()}

    def field(self, name: str) -> str:
        """Return the value that a field of the form has."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.text)
        assert found, self.text
        return html.unescape(found[1])


class Browser:
    """Keeps cookies, follows nothing by itself."""

    def __init__(self, simulator: Simulator) -> None:
        self._session = requests.Session()
        self._session.trust_env = False  # an authority of the environment would win
        self._session.verify = str(simulator.ca_file)
        self._origin = simulator.login

    def open(self, url: str) -> Page:
        """Open a page."""
        return _page(self._session.get(url, allow_redirects=False))

    def press(self, page: Page, **form: str) -> Page:
        """Send the form of a page."""
        return self.send(self._origin + page.action, form)

    def send(self, url: str, form: Mapping[str, str]) -> Page:
        """Send any form."""
        return _page(self._session.post(url, data=form, allow_redirects=False))

    def sign_in(self, attempt: Attempt, account: str, **other: str | None) -> Page:
        """Sign in by typing, whoever is signed in already."""
        page = self.open(attempt.url(**other))
        if page.title == "Pick an account":
            page = self.press(page, answer="another")
        return self.press(page, answer="next", account=account, password="right")

    def close(self) -> None:
        """Go."""
        self._session.close()


def members(directory: Directory) -> list[UserTruth]:
    """Return the people of a directory who may sign in, guests aside."""
    return [
        one
        for one in directory.users()
        if one.properties["userType"] == "Member"
        and one.properties["accountEnabled"]
        and one.properties.get("mail")
    ]


def payload_of(token: str) -> dict[str, Any]:
    """Read the claims of a token without checking it."""
    payload = token.split(".")[1]
    found: dict[str, Any] = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return found


def refused_with(answer: Answer) -> int:
    """Return the number of a refusal of the token endpoint."""
    assert answer.status >= 400, answer.json
    return int(answer.json["error_codes"][0])


def _page(response: Any) -> Page:
    return Page(response.status_code, response.text, response.headers.get("Location", ""))
