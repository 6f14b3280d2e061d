"""One call of Graph: with a token, retried as the contract wants it, its failure named.

https://learn.microsoft.com/graph/throttling, https://learn.microsoft.com/graph/errors
"""

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

import msgspec
import structlog

from rollcall.core.errors import ContractError, SetupError, SyncError, TransientError
from rollcall.providers.http.client import Answer, Broken, HttpClient, Request
from rollcall.providers.http.pace import Pace, Pauses
from rollcall.providers.http.retry import Accept, GiveUp, Wait, judge_failure, judge_status
from rollcall.providers.m365.answers import GraphError, decode_error
from rollcall.providers.m365.auth import TokenSource
from rollcall.providers.m365.claims import read_claims
from rollcall.providers.m365.clouds import Cloud
from rollcall.providers.m365.faults import (
    DIRECTORY_DENIED,
    IDENTITY_UNKNOWN,
    START_OVER,
    TOKEN_REFUSED,
    Fault,
)

T = TypeVar("T")

OK = 200
UNAUTHORIZED = 401
FORBIDDEN = 403
GONE = 410
DIRECTORY = "directory"
"""Scope of the directory's throttling; a mailbox's scope is its object id."""

NEAR_LIMIT = 0.8
SLOW_DOWN = 2.0
"""Seconds to wait, at most, when Graph says that its limit is near."""

_log = structlog.get_logger(__name__)


class LostPlaceError(SyncError):
    """The directory does not know the cursor any more: read from the start."""

    default_code = "cursor-lost"


class _Done(msgspec.Struct, Generic[T], frozen=True):
    value: T


class _Retry(msgspec.Struct, frozen=True):
    seconds: float


class GraphClient:
    """Calls Graph for one application in one directory."""

    def __init__(
        self, client: HttpClient, cloud: Cloud, tokens: TokenSource, *, pace: Pace, pauses: Pauses
    ) -> None:
        self._client = client
        self._cloud = cloud
        self._tokens = tokens
        self._pace = pace
        self._pauses = pauses

    @property
    def root(self) -> str:
        """Where version 1.0 begins."""
        return f"{self._cloud.graph}/v1.0"

    async def get(
        self,
        url: str,
        decode: Callable[[bytes], T],
        *,
        permission: str,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        """GET `url` (absolute, or a path of version 1.0) and decode its JSON.

        Raises LostPlaceError for a cursor that is lost, SetupError naming `permission` when it is
        missing, TransientError after many tries, ContractError for anything unforeseen.
        """
        absolute = url if url.startswith("https:") else f"{self.root}{url}"
        request = Request(method="GET", url=absolute, headers=headers or {})
        return await self._call(request, decode, scope=DIRECTORY, permission=permission)

    async def post(self, path: str, body: bytes, decode: Callable[[bytes], T]) -> T:
        """POST JSON to a path of version 1.0 and decode the answer's."""
        request = Request(
            method="POST",
            url=f"{self.root}{path}",
            headers={"Content-Type": "application/json"},
            body=body,
        )
        return await self._call(request, decode, scope=path, permission="")

    def check_link(self, link: str | None) -> None:
        """Raise ContractError for a link that leads to another host, before anybody keeps it."""
        if link is not None:
            self._client.check_host(link)

    def may_be_outdated(self, permission: str) -> bool:
        """Tell whether a new token may have `permission`: the kept one is older, and has it not."""
        if self._tokens.issued_here:
            return False
        return permission not in (read_claims(self._tokens.current).roles or ())

    async def renew_token(self) -> None:
        """Drop the token for a new one, whose permissions are up to date."""
        await self._tokens.renew()

    async def _call(
        self, request: Request, decode: Callable[[bytes], T], *, scope: str, permission: str
    ) -> T:
        attempt = 0
        renewed = False
        while True:
            attempt += 1
            await self._pauses.wait(scope)
            answer = await self._client.send(await self._authorize(request))
            outcome = self._judge(answer, decode, attempt, scope)
            if isinstance(outcome, GraphError):
                if renewed or not self._may_help(outcome):
                    raise to_error(outcome, permission)
                renewed = True
                await self._tokens.renew()
            elif isinstance(outcome, _Retry):
                await self._pace.sleep(outcome.seconds)
            else:
                return outcome.value

    async def _authorize(self, request: Request) -> Request:
        headers = {
            "Accept": "application/json",
            "x-ms-throttle-priority": "Low",
            **request.headers,
            "Authorization": f"Bearer {await self._tokens.token()}",
        }
        return msgspec.structs.replace(request, headers=headers)

    def _may_help(self, error: GraphError) -> bool:
        """Tell whether a new token may turn the refusal: the old one is bad, or out of date."""
        if error.status == UNAUTHORIZED:
            return True
        return error.status == FORBIDDEN and not self._tokens.issued_here

    def _judge(
        self, answer: Answer | Broken, decode: Callable[[bytes], T], attempt: int, scope: str
    ) -> _Done[T] | _Retry | GraphError:
        if isinstance(answer, Broken):
            return self._again(answer.why, attempt, answer.request_id)
        verdict = judge_status(
            answer.status,
            answer.headers,
            attempt=attempt,
            jitter=self._pace.jitter(),
            now=self._pace.now(),
        )
        match verdict:
            case Wait(seconds=seconds, throttled=True):
                self._note(answer)
                self._pauses.pause(scope, seconds)
                return _Retry(0)
            case Wait(seconds=seconds):
                self._note(answer)
                return _Retry(seconds)
            case GiveUp(why=why):
                self._note(answer)
                error = decode_error(answer.status, answer.headers, answer.body)
                raise TransientError(f"Microsoft Graph {why} ({error.reference}).")
            case Accept():
                return self._accept(answer, decode, attempt, scope)

    def _accept(
        self, answer: Answer, decode: Callable[[bytes], T], attempt: int, scope: str
    ) -> _Done[T] | _Retry | GraphError:
        if answer.status != OK:
            self._note(answer)
            return decode_error(answer.status, answer.headers, answer.body)
        if not answer.is_json:
            return self._again(
                "it answered with something else than JSON", attempt, answer.request_id
            )
        try:
            value = decode(answer.body)
        except msgspec.DecodeError:
            why = "it answered with JSON that breaks off or is not what its documentation says"
            return self._again(why, attempt, answer.request_id)
        self._slow_down(answer, scope)
        return _Done(value)

    def _again(self, why: str, attempt: int, request_id: str) -> _Retry:
        _log.warning("graph.broken_answer", why=why, attempt=attempt, client_request_id=request_id)
        match judge_failure(attempt=attempt, jitter=self._pace.jitter()):
            case Wait(seconds=seconds):
                return _Retry(seconds)
            case GiveUp():
                raise TransientError(
                    f"Asking Microsoft Graph failed {attempt} times: {why} "
                    f"(client-request-id {request_id})."
                )

    def _slow_down(self, answer: Answer, scope: str) -> None:
        """Heed the warning that comes before throttling."""
        try:
            used = float(answer.headers.get("x-ms-throttle-limit-percentage", "0"))
        except ValueError:
            return
        if used > NEAR_LIMIT:
            self._pauses.pause(scope, min(SLOW_DOWN, (used - NEAR_LIMIT) * SLOW_DOWN))

    def _note(self, answer: Answer) -> None:
        error = decode_error(answer.status, answer.headers, answer.body)
        _log.warning(
            "graph.refused",
            status=answer.status,
            code=error.code,
            request_id=error.request_id,
            client_request_id=answer.request_id,
            date=error.date,
            diagnostic=answer.headers.get("x-ms-ags-diagnostic", ""),
        )


def to_error(error: GraphError, permission: str) -> SyncError:
    """Return what to raise for an error answer."""
    if error.status == GONE or error.key in START_OVER:
        return LostPlaceError("The directory has lost the place of the last reading.")
    if error.status == UNAUTHORIZED:
        return _setup(TOKEN_REFUSED, error)
    if error.key == "authorization_identitynotfound":
        return _setup(IDENTITY_UNKNOWN, error)
    if error.status == FORBIDDEN and permission:
        return _setup(DIRECTORY_DENIED, error, permission=permission)
    return ContractError(
        f"Microsoft Graph answered {error.sentence}: {error.message or 'no text'} "
        f"({error.reference})."
    )


def _setup(fault: Fault, error: GraphError, **words: str) -> SetupError:
    sentence = fault.sentence.format(**words)
    return SetupError(
        f"{sentence} ({error.sentence}, {error.reference})",
        code=fault.code,
        help_page=fault.page,
    )
