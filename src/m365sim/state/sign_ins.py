"""Who is signed in at which browser, and the codes that were given out. Contract b.4, b.5."""

import secrets
from collections import OrderedDict

from msgspec import Struct, field

KEPT = 20_000
"""Codes and browsers that are remembered; older ones are as if they had never been."""


class Grant(Struct, kw_only=True):
    """An authorization code with all that it is bound to."""

    directory_id: str
    application_id: str
    object_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    nonce: str
    challenge: str
    method: str
    issued_at: float
    sid: str
    redeemed: bool = False


class Login(Struct, kw_only=True):
    """Somebody who signed in at a browser, and the applications that heard of it."""

    directory_id: str
    object_id: str
    sid: str
    since: float
    applications: list[str] = field(default_factory=list)


class Browser(Struct):
    """A browser by its cookie."""

    logins: dict[tuple[str, str], Login] = field(default_factory=dict)

    def of_directory(self, directory_id: str) -> list[Login]:
        """Return who is signed in with accounts of one directory."""
        return [one for one in self.logins.values() if one.directory_id == directory_id]


class SignIns:
    """Codes and browsers of one simulator, bounded in number."""

    def __init__(self) -> None:
        self._grants: OrderedDict[str, Grant] = OrderedDict()
        self._browsers: OrderedDict[str, Browser] = OrderedDict()

    def give_code(self, grant: Grant) -> str:
        """Return a new code for a grant."""
        code = f"1.{secrets.token_urlsafe(48)}"
        self._grants[code] = grant
        if len(self._grants) > KEPT:
            self._grants.popitem(last=False)
        return code

    def grant(self, code: str) -> Grant | None:
        """Return what a code was given for."""
        return self._grants.get(code)

    def browser(self, cookie: str) -> Browser:
        """Return a browser; one that nobody knows has nobody signed in."""
        return self._browsers.get(cookie) or Browser()

    def sign_in(self, cookie: str, login: Login) -> str:
        """Put somebody into a browser, which gets a new cookie with it."""
        browser = self._browsers.pop(cookie, None) or Browser()
        browser.logins[login.directory_id, login.object_id] = login
        renewed = secrets.token_urlsafe(24)
        self._browsers[renewed] = browser
        if len(self._browsers) > KEPT:
            self._browsers.popitem(last=False)
        return renewed

    def sign_out(self, cookie: str, login: Login) -> None:
        """Take somebody out of a browser."""
        self.browser(cookie).logins.pop((login.directory_id, login.object_id), None)
