"""Where attacks take place: two tenants on two directories, a third on the first one's directory.

    arena.enters(arena.ours, person)                          # the valid twin
    with arena.refuses("nonce") as attempt:                   # the attack
        attempt.answer = browser.come_back({…})

Whatever an attack does, a refusal is a page of the right status without a session, one line in the
audit log that says why, and nothing secret anywhere in what was logged.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookies import Morsel
from ipaddress import IPv4Address
from typing import Final
from urllib.parse import urljoin, urlsplit

from django.http import HttpResponse

from rollcall.accounts.sessions import SignedIn, begin_session, find_session
from rollcall.web.identity import COOKIE
from rollcall.wiring.machine import utc_now
from tests.integration.signin.attacks.browser import WEB, Browser, Flight
from tests.integration.signin.attacks.ground import Ground, Person
from tests.integration.signin.attacks.ledger import Line, Since
from tests.integration.signin.attacks.microsoft import (
    issue_code,
)
from tests.sites import Site

BROKEN: Final = 400
FORBIDDEN: Final = 403
AWAY: Final = 503
REDIRECTS: Final = (302, 303)

TOKEN_BEGINS: Final = "eyJ"
"""So does every header of a signed token."""


@dataclass
class Attempt:
    """One attack: what was answered to it."""

    since: Since
    answer: HttpResponse | None = None
    browser: Browser | None = None
    line: Line | None = None


@dataclass
class Arena(Ground):
    """The ground, with what happens on it and what is checked of it."""

    _addresses: int = 0
    _log_read: int = 0

    def administrator(self, site: Site, email: str) -> Browser:
        """Return the browser of a local administrator who is signed in."""
        account_id = self.local_account(site, email, "administrator")
        browser = Browser(self)
        browser.plant(COOKIE, begin_session(account_id, now=utc_now()))
        return browser

    def account_id(self, browser: Browser) -> int:
        """Return whose account it is that a browser is signed in with."""
        found = self.who(browser)
        assert found is not None
        return found.account_id

    def new_address(self) -> str:
        """Return an address that nobody had before: refusals are counted by networks."""
        self._addresses += 1
        return str(IPv4Address("100.64.0.0") + self._addresses)

    def code_for(self, flight: Flight, person: Person | str, **changed: str) -> str:
        """Have somebody sign in at Microsoft; return the code that the browser brings back."""
        object_id = person.object_id if isinstance(person, Person) else person
        code = issue_code(self.ours.directory.wire, flight.url, object_id, **changed)
        self.keep_secret(code)
        return code

    def comes(
        self, site: Site, person: Person, *, browser: Browser | None = None, **claims: object
    ) -> HttpResponse:
        """Let somebody come back from Microsoft, whatever is said to it."""
        browser = browser or Browser(self)
        flight = browser.start(site)
        code = self.code_for(flight, person)
        if claims:
            self.bend_token(site, claims=claims)
        answer = browser.come_back({"code": code, "state": flight.state})
        self.simulator.clear_faults()
        return answer

    def enters(
        self, site: Site, person: Person, *, browser: Browser | None = None, onward: str = ""
    ) -> Browser:
        """Sign somebody in with nothing wrong: it must work, and end where it should."""
        since = Since.now(self.database)
        browser = browser or Browser(self)
        answer = browser.sign_in(site, person, onward=onward)
        self.check_entered(answer, since, browser, site, person)
        if onward:
            assert answer.headers["Location"] == onward
        return browser

    def completes(
        self, browser: Browser, answer: Mapping[str, str], site: Site, person: Person
    ) -> None:
        """Bring back an answer with which nothing is wrong: it must work."""
        since = Since.now(self.database)
        self.check_entered(browser.come_back(answer), since, browser, site, person)

    def check_entered(
        self, answer: HttpResponse, since: Since, browser: Browser, site: Site, person: Person
    ) -> None:
        """Check all that belongs to a sign-in that worked."""
        assert answer.status_code in REDIRECTS, (answer.status_code, since.lines("sign_in"))
        assert is_own_path(answer.headers["Location"]), answer.headers["Location"]
        check_cookie(answer.cookies[COOKIE])
        signed_in = self.who(browser)
        assert signed_in is not None
        assert signed_in.tenant_id == site.tenant.id
        assert signed_in.extension_id == self.extension_id(site, person)
        assert len(since.new_sessions) == 1
        lines = since.lines("sign_in")
        assert [line.action for line in lines] == ["sign_in.succeeded"]
        assert lines[0].tenant_id == site.tenant.id
        assert lines[0].detail["method"] == "microsoft"
        self.check_lines(lines)

    def who(self, browser: Browser) -> SignedIn | None:
        """Return who a browser's session is."""
        if not browser.session:
            return None
        return find_session(browser.session, now=utc_now())

    @contextmanager
    def refuses(self, *reasons: str, status: int = BROKEN) -> Iterator[Attempt]:
        """Check all that belongs to a sign-in that was refused for one of these reasons."""
        attempt = Attempt(Since.now(self.database))
        yield attempt
        self._check_refused(attempt, reasons, status)

    def _check_refused(self, attempt: Attempt, reasons: tuple[str, ...], status: int) -> None:
        answer, since = attempt.answer, attempt.since
        assert answer is not None
        lines = since.lines("sign_in")
        assert answer.status_code == status, (answer.status_code, lines)
        self.check_nobody_entered(answer, since)
        # Code and state stand in the address: nothing of it is to be kept or told to others.
        assert answer.headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Referrer-Policy"] in {"same-origin", "no-referrer"}
        assert [line.action for line in lines] == ["sign_in.refused"], lines
        attempt.line = lines[0]
        assert lines[0].reasons & set(reasons), lines
        assert lines[0].detail.get("method") == "microsoft"
        reference = lines[0].detail.get("reference")
        assert reference
        assert str(reference) in answer.content.decode()
        self.check_lines(lines)

    @contextmanager
    def turns_away(self, status: int) -> Iterator[Attempt]:
        """Check that a request came to nothing before anybody was asked to sign in."""
        attempt = Attempt(Since.now(self.database))
        yield attempt
        assert attempt.answer is not None
        assert attempt.answer.status_code == status, attempt.answer.status_code
        self.check_nobody_entered(attempt.answer, attempt.since)

    @staticmethod
    def check_nobody_entered(answer: HttpResponse, since: Since) -> None:
        """Check that neither browser nor database has a session more."""
        given = answer.cookies.get(COOKIE)
        assert given is None or not given.value
        assert not since.new_sessions
        assert not [line for line in since.lines() if line.action == "sign_in.succeeded"]

    def check_lines(self, lines: list[Line]) -> None:
        """Check that no audit line holds what only browser and Microsoft may know."""
        for line in lines:
            found = [secret for secret in self.secrets - self._names if secret in line.text]
            assert not found, line
            assert TOKEN_BEGINS not in line.text

    def reread_log(self) -> None:
        """Let the next check read the log from its beginning."""
        self._log_read = 0

    def check_log(self) -> None:
        """Check that nothing secret stands in what was logged since the last time."""
        if not self.log.exists():
            return
        with self.log.open() as log:
            log.seek(self._log_read)
            text = log.read()
            self._log_read = log.tell()
        found = sorted(secret for secret in self.secrets if secret in text)
        assert not found, found
        assert TOKEN_BEGINS not in text


def check_cookie(cookie: Morsel[str]) -> None:
    """Check that a cookie is for this host alone, over HTTPS, and not for scripts."""
    assert cookie.key.startswith("__Host-")
    assert cookie["secure"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert not cookie["domain"]


def is_own_path(address: str) -> bool:
    """Tell whether a browser that is sent there stays on this site."""
    here = f"https://{WEB}/"
    return urlsplit(urljoin(here, address)).netloc == WEB and "\\" not in address
