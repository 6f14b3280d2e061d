"""What an application asks of the authorize endpoint, parameter by parameter. Contract b.2, b.4."""

from collections.abc import Mapping
from typing import Literal, cast
from urllib.parse import urlsplit

from msgspec import Struct

from m365sim.entra.call import LoginCall
from m365sim.entra.client import known_application
from m365sim.entra.discovery import MULTI_TENANT, required_directory
from m365sim.entra.refusals import EntraError
from m365sim.state.applications import DELEGATED, Application
from m365sim.state.directory import Directory

KNOWN_SCOPES = (*DELEGATED, "offline_access")
PROMPTS = ("", "none", "login", "select_account", "consent")
MODES = ("query", "fragment", "form_post")
CHALLENGE_SIZES = range(43, 129)
METHODS = ("S256", "plain")

Mode = Literal["query", "fragment", "form_post"]


class Asked(Struct, frozen=True, kw_only=True):
    """A request of an application that may be answered to its redirect URI."""

    application: Application
    redirect_uri: str
    mode: Mode
    state: str | None
    given: Mapping[str, str]

    def text(self, name: str) -> str:
        """Return a parameter, "" if it is not there."""
        return self.given.get(name, "")

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes, each once."""
        return tuple(dict.fromkeys(self.text("scope").split()))

    @property
    def method(self) -> str:
        """How the challenge follows from the verifier."""
        return self.text("code_challenge_method") or "plain"


def required_home(call: LoginCall) -> Directory:
    """Return the directory that people sign in to; it is never all of them."""
    if call.tenant.lower() in (*MULTI_TENANT, "consumers"):
        raise EntraError(50194, client=call.query.get("client_id", ""))
    directory = required_directory(call)
    if directory.cloud.name != call.world.cloud.name:
        raise EntraError(90038, tenant=directory.name, cloud=directory.cloud.instance)
    return directory


def read_asked(call: LoginCall, directory: Directory, given: Mapping[str, str]) -> Asked:
    """Return what is asked; EntraError where nothing may be sent to the redirect URI."""
    if call.repeated:
        raise EntraError(9000411, parameter=call.repeated)
    if not given.get("client_id"):
        raise EntraError(900144, parameter="client_id")
    application = known_application(directory, given["client_id"])
    uri = given.get("redirect_uri", "")
    if not uri:
        raise EntraError(900971)
    if not _registered(uri, application):
        raise EntraError(50011, client=application.application_id)
    wanted = given.get("response_mode")
    return Asked(
        application=application,
        redirect_uri=uri,
        mode=cast("Mode", wanted) if wanted in MODES else "query",
        state=given.get("state"),
        given=given,
    )


def check_asked(asked: Asked) -> None:
    """Raise EntraError for what the application is told at its redirect URI."""
    _check_response(asked)
    _check_scopes(asked)
    _check_challenge(asked)
    if asked.text("prompt") not in PROMPTS:
        raise EntraError(90023)
    if asked.text("prompt") == "select_account" and asked.text("login_hint"):
        raise EntraError(90023, addition=" 'select_account' and 'login_hint' exclude each other.")


def _check_response(asked: Asked) -> None:
    kinds = asked.text("response_type").split()
    if not kinds:
        raise EntraError(900144, parameter="response_type")
    if "id_token" in kinds:
        raise EntraError(700054)
    if "token" in kinds:
        raise EntraError(700051)
    if kinds != ["code"]:
        raise EntraError(70005, given=" ".join(kinds))
    if asked.text("response_mode") not in ("", *MODES):
        raise EntraError(70007, given=asked.text("response_mode"))


def _check_scopes(asked: Asked) -> None:
    if not asked.scopes:
        raise EntraError(900144, parameter="scope")
    if "openid" not in asked.scopes:
        raise EntraError(70011, resource=asked.text("scope"))
    for scope in asked.scopes:
        if scope.removeprefix("https://graph.microsoft.com/") not in KNOWN_SCOPES:
            raise EntraError(70011, resource=scope)


def _check_challenge(asked: Asked) -> None:
    challenge = asked.text("code_challenge")
    if not challenge:
        if asked.text("code_challenge_method"):
            raise EntraError(900144, parameter="code_challenge")
        return
    if asked.method not in METHODS:
        raise EntraError(50149)
    if len(challenge) not in CHALLENGE_SIZES:
        raise EntraError(501491)


def _registered(uri: str, application: Application) -> bool:
    """Compare to the letter; only on localhost does the port not count."""
    if uri in application.redirect_uris:
        return True
    bare = _without_port(uri)
    return bare is not None and bare in map(_without_port, application.redirect_uris)


def _without_port(uri: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme != "http" or parts.hostname != "localhost" or "@" in parts.netloc:
        return None
    return parts.path, parts.query
