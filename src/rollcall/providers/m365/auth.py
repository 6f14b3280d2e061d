"""From a key pair to an access token (client credentials with a certificate).

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlencode

import msgspec

from rollcall.core.errors import ContractError, SetupError, SyncError, TransientError
from rollcall.credentials.assertion import Algorithm, Signer, sign_assertion
from rollcall.credentials.secret import Secret
from rollcall.providers.http.client import Answer, Broken, HttpClient, Request
from rollcall.providers.http.pace import Pace
from rollcall.providers.http.retry import Accept, GiveUp, Wait, judge_failure, judge_status
from rollcall.providers.m365.clouds import Cloud
from rollcall.providers.m365.faults import (
    ENTRA,
    ENTRA_ERRORS,
    LOOPING,
    NEW_KEY_HELPS,
    NOT_REGISTERED,
    WRONG_CLOCK,
    Fault,
    Remedy,
)
from rollcall.providers.m365.wire import TokenAnswer, TokenError

OK = 200
SERVICE_UNAVAILABLE = 503
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
EARLY = timedelta(minutes=5)
"""A token is not used in its last minutes, so that it does not expire on the way."""

_UNKNOWN = Fault("sign-in-refused", Remedy.ADMINISTRATOR, "Microsoft refused the application.")


class AccessToken(msgspec.Struct, frozen=True):
    """A bearer token for Graph."""

    value: Secret
    expires_at: datetime


class TokenVault(Protocol):
    """Keeps the token between runs, and learns which key was accepted."""

    async def load_token(self) -> AccessToken | None: ...

    async def save_token(self, token: AccessToken) -> None: ...

    async def accept_key(self, key_id: int, algorithm: Algorithm) -> None:
        """Note that Microsoft accepted this key, signed that way."""


class RefusedTokenError(SetupError):
    """Entra refused; `number` is its AADSTS code, 0 if it named none."""

    number = 0


class Application(msgspec.Struct, frozen=True):
    """The registration that Rollcall signs in as."""

    cloud: Cloud
    directory_id: str
    application_id: str
    signers: tuple[Signer, ...]


class TokenSource:
    """Gives the application's access token: the kept one as long as it is good, else a new one."""

    def __init__(
        self,
        client: HttpClient,
        application: Application,
        vault: TokenVault,
        *,
        pace: Pace,
        new_id: Callable[[], str],
    ) -> None:
        self._client = client
        self._application = application
        self._vault = vault
        self._pace = pace
        self._new_id = new_id
        self._token: AccessToken | None = None
        self.issued_here = False

    @property
    def current(self) -> str:
        """The token that was used last; "" if none was needed yet."""
        return self._token.value.reveal().decode() if self._token else ""

    async def token(self) -> str:
        """Return a token that is good for some minutes yet."""
        if self._token is None:
            self._token = await self._vault.load_token()
        if self._token is None or self._token.expires_at - EARLY <= self._pace.now():
            await self.renew()
        return self.current

    async def renew(self) -> None:
        """Ask for a new token, whatever there is; try each key until one is accepted."""
        error: SyncError | None = None
        for signer in self._application.signers:
            try:
                await self._renew_with(signer)
            except RefusedTokenError as refused:
                if refused.number not in NEW_KEY_HELPS:
                    raise
                error = refused
            else:
                return
        raise error or SetupError(
            "There is no key pair. Generate one and upload its public_key.pem to the application.",
            code="no-key-pair",
            help_page="connect-microsoft-365.md",
        )

    async def _renew_with(self, signer: Signer) -> None:
        expires = signer.certificate.not_after
        if expires <= self._pace.now():
            raise _refused(
                1000502,
                f"The certificate expired on {expires:%-d %B %Y}. Generate a new key pair and "
                "upload its public_key.pem.",
            )
        algorithm = signer.algorithm
        try:
            token = await self._ask(signer, algorithm)
        except RefusedTokenError as refused:
            if refused.number != NOT_REGISTERED or algorithm is not Algorithm.PS256:
                raise
            algorithm = Algorithm.RS256
            token = await self._ask(signer, algorithm)
        self._token = token
        self.issued_here = True
        await self._vault.save_token(token)
        await self._vault.accept_key(signer.key_id, algorithm)

    async def _ask(self, signer: Signer, algorithm: Algorithm) -> AccessToken:
        attempt = 0
        while True:
            attempt += 1
            asked_at = self._pace.now()
            answer = await self._client.send(self._request(signer, algorithm, asked_at))
            outcome = self._judge(answer, attempt=attempt, asked_at=asked_at)
            match outcome:
                case AccessToken():
                    return outcome
                case Wait(seconds=seconds):
                    await self._pace.sleep(seconds)
                case GiveUp(why=why):
                    raise _unavailable(answer, why, self._pace.now())

    def _request(self, signer: Signer, algorithm: Algorithm, now: datetime) -> Request:
        application = self._application
        url = application.cloud.token_url(application.directory_id)
        form = {
            "client_id": application.application_id,
            "grant_type": "client_credentials",
            "scope": application.cloud.scope,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": sign_assertion(
                signer,
                algorithm=algorithm,
                client_id=application.application_id,
                audience=url,
                now=now,
                jti=self._new_id(),
            ),
        }
        return Request(
            method="POST",
            url=url,
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",
            },
            body=urlencode(form).encode(),
        )

    def _judge(
        self, answer: Answer | Broken, *, attempt: int, asked_at: datetime
    ) -> AccessToken | Wait | GiveUp:
        jitter = self._pace.jitter()
        if isinstance(answer, Broken):
            return judge_failure(attempt=attempt, jitter=jitter)
        status = answer.status
        if status not in {OK, SERVICE_UNAVAILABLE} and _fault_of(answer).remedy is Remedy.NOBODY:
            # Entra says with a 400 what others say with a 503.
            status = SERVICE_UNAVAILABLE
        verdict = judge_status(
            status, answer.headers, attempt=attempt, jitter=jitter, now=self._pace.now()
        )
        if isinstance(verdict, Wait) and _fault_of(answer) is LOOPING:
            return GiveUp("saw too many identical requests")
        if not isinstance(verdict, Accept):
            return verdict
        if status != OK:
            raise explain_refusal(answer, self._pace.now())
        token = _decode_token(answer)
        if token is None:
            return judge_failure(attempt=attempt, jitter=jitter)
        return AccessToken(
            value=Secret(token.access_token.encode()),
            expires_at=asked_at + timedelta(seconds=int(token.expires_in)),
        )


def _decode_token(answer: Answer) -> TokenAnswer | None:
    try:
        return msgspec.json.decode(answer.body, type=TokenAnswer)
    except msgspec.DecodeError:
        return None


def _fault_of(answer: Answer) -> Fault:
    return _explain(answer)[0]


def _unavailable(answer: Answer | Broken, why: str, now: datetime) -> TransientError:
    if isinstance(answer, Answer):
        sentence = f"{explain_refusal(answer, now)} Microsoft's sign-in service {why}."
    else:
        sentence = f"Asking Microsoft's sign-in service {why}: {answer.why} "
        sentence += f"(client-request-id {answer.request_id})."
    return TransientError(
        f"{sentence} Nothing was changed; the next run tries again.", code="sign-in-unavailable"
    )


def _explain(answer: Answer) -> tuple[Fault, TokenError]:
    try:
        error = msgspec.json.decode(answer.body, type=TokenError)
    except msgspec.DecodeError:
        return _UNKNOWN, TokenError()
    for number in error.error_codes or ():
        if number in ENTRA:
            return ENTRA[number], error
    return ENTRA_ERRORS.get(error.error or "", _UNKNOWN), error


def explain_refusal(answer: Answer, now: datetime) -> SyncError:
    """Return what to raise for a refusal of Entra's; `now` is by this machine's clock."""
    fault, error = _explain(answer)
    number = next(iter(error.error_codes or ()), 0)
    sentence = fault.sentence
    if number == WRONG_CLOCK:
        sentence += _skew_sentence(answer.date, now)
    shown = f"AADSTS{number}" if number else f"{answer.status} {error.error or ''}".strip()
    trace = error.trace_id or answer.headers.get("x-ms-request-id", "unknown")
    sentence += (
        f" ({shown}, trace id {trace}, correlation id "
        f"{error.correlation_id or answer.request_id}, {error.timestamp or 'no time given'})"
    )
    match fault.remedy:
        case Remedy.US:
            return ContractError(sentence, code=fault.code, help_page=fault.page)
        case Remedy.NOBODY:
            return TransientError(sentence, code=fault.code, help_page=fault.page)
        case Remedy.ADMINISTRATOR:
            return _refused(number, sentence, fault)


def _refused(number: int, sentence: str, fault: Fault | None = None) -> RefusedTokenError:
    fault = fault or ENTRA[number]
    refused = RefusedTokenError(sentence, code=fault.code, help_page=fault.page)
    refused.number = number
    return refused


def _skew_sentence(theirs: datetime | None, ours: datetime) -> str:
    if theirs is None:
        return ""
    skew = (ours - theirs).total_seconds()
    minutes, direction = abs(skew) / 60, "ahead of" if skew > 0 else "behind"
    return f" It is {minutes:.0f} minutes {direction} Microsoft's: set it by NTP."
