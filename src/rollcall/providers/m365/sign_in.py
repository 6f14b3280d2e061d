"""The wire of signing people in: what a directory publishes, and a code turned into an ID token.

What is in the documents and in the token is judged elsewhere (rollcall.oidc). A code is good for
one use: nothing that Microsoft may have taken is sent again.
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

import msgspec

from rollcall.core.errors import ContractError, SetupError, SyncError, TransientError
from rollcall.credentials.assertion import Algorithm, Signer, sign_assertion
from rollcall.credentials.secret import Secret
from rollcall.providers.http.client import Answer, Broken, HttpClient, Request
from rollcall.providers.m365.auth import (
    ASSERTION_TYPE,
    Application,
    RefusedTokenError,
    explain_refusal,
)
from rollcall.providers.m365.faults import GRANT_OVER, NEW_KEY_HELPS, NOT_REGISTERED
from rollcall.providers.m365.wire import IdTokenAnswer, TokenError

SCOPE: Final = "openid profile"
LONGEST_ANSWER: Final = 256 * 1024
INVALID_GRANT: Final = "invalid_grant"
TRIES: Final = 3
TRY_AGAIN_AFTER: Final = 0.2
"""Seconds, where no connection was made."""

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class CodeGrant:
    """What a browser brought back from Microsoft, and what it was asked for with."""

    code: str = field(repr=False)
    redirect_uri: str
    verifier: str = field(repr=False)


class Redeemed(msgspec.Struct, frozen=True):
    """What a code was worth. The token is unverified; which key was accepted, and how."""

    id_token: Secret
    key_id: int
    algorithm: Algorithm


async def fetch_document(client: HttpClient, url: str, *, now: datetime) -> bytes:
    """Return what a directory publishes at `url`, undecoded, or raise SyncError."""
    request = Request("GET", url, {"Accept": "application/json"}, most=LONGEST_ANSWER)
    answer = await _send(client, request)
    if answer.status != HTTPStatus.OK:
        raise _refusal(answer, now)
    return answer.body


async def redeem_code(
    client: HttpClient,
    application: Application,
    grant: CodeGrant,
    *,
    token_url: str,
    clock: Clock,
    new_id: Callable[[], str],
) -> Redeemed:
    """Return the ID token that a code is good for, or raise SyncError.

    Each key pair is tried until one is accepted: who asks is checked before the code is. PS256
    comes first, and once RS256 where an older directory does not find the certificate by it.
    """
    refused: SyncError | None = None
    for signer in application.signers:
        for algorithm in _algorithms(signer):
            request = _request(
                application, grant, signer, algorithm, url=token_url, now=clock(), jti=new_id()
            )
            answer = await _send(client, request)
            if answer.status == HTTPStatus.OK:
                return Redeemed(_id_token(answer), signer.key_id, algorithm)
            refused = _refusal(answer, clock())
            if not _is_key_refused(refused):
                raise refused
            if _number(refused) != NOT_REGISTERED:
                break
    raise refused or SetupError(
        "There is no key pair. Generate one and upload its public_key.pem to the application.",
        code="no-key-pair",
        help_page="connect-microsoft-365.md",
    )


def _algorithms(signer: Signer) -> tuple[Algorithm, ...]:
    match signer.algorithm:
        case Algorithm.PS256:
            return (Algorithm.PS256, Algorithm.RS256)
        case Algorithm.RS256:
            return (Algorithm.RS256,)


def _request(
    application: Application,
    grant: CodeGrant,
    signer: Signer,
    algorithm: Algorithm,
    *,
    url: str,
    now: datetime,
    jti: str,
) -> Request:
    assertion = sign_assertion(
        signer,
        algorithm=algorithm,
        client_id=application.application_id,
        audience=url,
        now=now,
        jti=jti,
    )
    form = {
        "client_id": application.application_id,
        "grant_type": "authorization_code",
        "code": grant.code,
        "redirect_uri": grant.redirect_uri,
        "code_verifier": grant.verifier,
        "scope": SCOPE,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    return Request("POST", url, headers, urlencode(form).encode(), most=LONGEST_ANSWER)


async def _send(client: HttpClient, request: Request) -> Answer:
    """Return Microsoft's answer; ask again only where no connection was made at all."""
    broken: Broken | None = None
    for attempt in range(TRIES):
        if attempt:
            await asyncio.sleep(TRY_AGAIN_AFTER * attempt)
        answer = await client.send(request)
        if isinstance(answer, Answer):
            return answer
        broken = answer
        if not answer.unsent:
            break
    raise _silence(broken)


def _silence(broken: Broken | None) -> TransientError:
    why = f"{broken.why} (client-request-id {broken.request_id})" if broken else "it was not asked"
    return TransientError(
        f"Microsoft's sign-in service: {why}.", code="sign-in-unavailable", help_page="proxy.md"
    )


def _refusal(answer: Answer, now: datetime) -> SyncError:
    """Return what to raise for a refusal; one that only this sign-in has is its own."""
    error = explain_refusal(answer, now)
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or (
        answer.status == HTTPStatus.TOO_MANY_REQUESTS
    ):
        return TransientError(str(error), code="sign-in-unavailable")
    if _is_grant_over(answer):
        return ContractError(f"{error} The sign-in has to begin anew.", code="sign-in-again")
    return error


def _is_grant_over(answer: Answer) -> bool:
    """Tell whether it is the code that was refused: by number, or by OAuth's word without one."""
    try:
        said = msgspec.json.decode(answer.body, type=TokenError)
    except msgspec.DecodeError:
        return False
    if said.error_codes:
        return not GRANT_OVER.isdisjoint(said.error_codes)
    return said.error == INVALID_GRANT


def _number(error: SyncError) -> int:
    return error.number if isinstance(error, RefusedTokenError) else 0


def _is_key_refused(error: SyncError) -> bool:
    return _number(error) in NEW_KEY_HELPS


def _id_token(answer: Answer) -> Secret:
    try:
        token = msgspec.json.decode(answer.body, type=IdTokenAnswer).id_token
    except msgspec.DecodeError:
        token = None
    if not token:
        raise ContractError(
            "Microsoft took the code but gave no ID token for it (client-request-id "
            f"{answer.request_id}).",
            code="no-id-token",
        )
    return Secret(token.encode())
