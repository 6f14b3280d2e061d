"""Signing in with Microsoft: where to send the browser, and what it brought back is worth.

A sign-in is three calls: begin, the browser's way over Microsoft, complete. Who may come in is
not decided here; the claims only say who it is. Nothing secret reaches a log line.
"""

import secrets
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, TypeVar

import msgspec
import structlog

from rollcall.core.errors import ContractError, SetupError, SyncError, TransientError
from rollcall.core.ports import Clock
from rollcall.integrations.queries import (
    Registration,
    get_registration,
    get_registration_with_keys,
)
from rollcall.oidc.claims import (
    Check,
    Expected,
    TokenRefusedError,
    VerifiedClaims,
    key_name,
    verify_id_token,
)
from rollcall.oidc.flow import Attempt, authorize_url, logout_url, new_attempt
from rollcall.oidc.metadata import Metadata
from rollcall.providers.m365.auth import Application
from rollcall.providers.m365.clouds import find_cloud
from rollcall.providers.m365.sign_in import CodeGrant, redeem_code
from rollcall.wiring.loop import BackgroundLoop, background_loop
from rollcall.wiring.machine import Machine, new_id, utc_now
from rollcall.wiring.patience import Patience
from rollcall.wiring.published import Place, Published
from rollcall.wiring.settings import GUIDE, to_application

T = TypeVar("T")

PATIENCE: Final = 10.0
"""Seconds that Microsoft has in all, while somebody waits."""
LONGEST_CODE: Final = 8 * 1024
DEPARTURE: Final = "departure"
ARRIVAL: Final = "arrival"
"""What is waited for: the one may be slow and the other not."""

_log = structlog.get_logger(__name__)
_patience = Patience()


@dataclass(frozen=True)
class Departure:
    """Where the browser goes, and what its answer will be held against."""

    url: str = field(repr=False)
    attempt: Attempt


class CheckResult(msgspec.Struct, frozen=True):
    """One check: whether it passed, and by what, for administrators."""

    check: Check
    passed: bool
    detail: str


@dataclass(frozen=True)
class Arrival:
    """Who came, or why nobody did: the checks in order, up to the one that failed.

    `error` is there where not the token was refused but the way to it: a TransientError passes by
    itself, a SetupError is the administrator's. The caller's own checks, state and answer, come
    before these.
    """

    claims: VerifiedClaims | None = field(repr=False)
    checks: tuple[CheckResult, ...]
    error: SyncError | None = None

    @property
    def failed(self) -> Check | None:
        """The check that failed, if one did."""
        last = self.checks[-1] if self.checks else None
        return last.check if last is not None and not last.passed else None


def begin_sign_in(
    machine: Machine,
    tenant_id: int,
    *,
    redirect_uri: str,
    login_hint: str = "",
    domain_hint: str = "",
    prompt: str = "",
    clock: Clock = utc_now,
) -> Departure:
    """Return where to send a browser that wants to sign in.

    Raises SetupError for what is not set up, TransientError while Microsoft does not answer.
    """
    registration = get_registration(tenant_id)
    place, client_id = _place_of(machine, registration)
    published = _published(background_loop())

    async def read() -> Metadata:
        found = await published.metadata(place, clock)
        published.prepare(place, clock)
        return found

    try:
        metadata = published.glance(place, clock) or _ask((DEPARTURE, place), read)
    except ContractError as error:
        _log.warning("sign_in.not_begun", tenant_id=tenant_id, code=error.code)
        raise SetupError(str(error), code=error.code, help_page=error.help_page) from error
    attempt = new_attempt(secrets.token_bytes)
    url = authorize_url(
        metadata,
        client_id=client_id,
        redirect_uri=redirect_uri,
        attempt=attempt,
        login_hint=login_hint,
        domain_hint=domain_hint,
        prompt=prompt,
    )
    return Departure(url, attempt)


def complete_sign_in(
    machine: Machine,
    tenant_id: int,
    *,
    code: str,
    redirect_uri: str,
    attempt: Attempt,
    clock: Clock = utc_now,
) -> Arrival:
    """Return who a code stands for. What Microsoft or the set-up does wrong is in the arrival."""
    checks = _Checks(clock)
    try:
        checks.check_code(code)
        registration, keys = get_registration_with_keys(tenant_id)
        application = to_application(machine, registration, machine.key_ring(), keys=keys)
        place, _ = _place_of(machine, registration)
        grant = CodeGrant(code=code, redirect_uri=redirect_uri, verifier=attempt.verifier)
        published = _published(background_loop())
        claims = _ask(
            (ARRIVAL, place),
            lambda: _redeem(published, place, application, grant, attempt, checks),
        )
    except TokenRefusedError as refused:
        arrival = checks.failed(refused.check, refused.detail)
    except SyncError as error:
        arrival = checks.failed(checks.stage, str(error), error)
    else:
        arrival = Arrival(claims, tuple(checks.results))
    if not arrival.claims:
        _note(tenant_id, arrival)
    return arrival


def sign_out_url(
    machine: Machine,
    tenant_id: int,
    *,
    return_to: str,
    logout_hint: str,
    clock: Clock = utc_now,
) -> str | None:
    """Return where to sign out of Microsoft, too; None where that cannot be found out now."""
    published = _published(background_loop())
    try:
        place, _ = _place_of(machine, get_registration(tenant_id))
        metadata = _ask((DEPARTURE, place), lambda: published.metadata(place, clock))
    except SyncError as error:
        _log.info("sign_in.no_way_out", tenant_id=tenant_id, code=error.code)
        return None
    if not metadata.end_session_endpoint:
        return None
    return logout_url(metadata, return_to=return_to, logout_hint=logout_hint)


async def _redeem(
    published: Published,
    place: Place,
    application: Application,
    grant: CodeGrant,
    attempt: Attempt,
    checks: "_Checks",
) -> VerifiedClaims:
    metadata = await published.metadata(place, checks.clock)
    checks.passed(Check.DISCOVERY, f"{metadata.issuer}.")
    checks.stage = Check.REDEMPTION
    redeemed = await redeem_code(
        await published.client(place),
        # A key pair that is not uploaded yet would cost each person two refusals.
        msgspec.structs.replace(application, signers=application.signers[::-1]),
        grant,
        token_url=metadata.token_endpoint,
        clock=checks.clock,
        new_id=new_id,
    )
    checks.passed(
        Check.REDEMPTION,
        f"Microsoft took the code, the code verifier and key pair {redeemed.key_id} "
        f"({redeemed.algorithm}).",
    )
    raw = _text(redeemed.id_token.reveal())
    checks.stage = Check.SIGNATURE
    keys = await published.keys(place, key_name(raw, passed=checks.passed), checks.clock)
    return verify_id_token(
        raw,
        expected=Expected(
            issuer=place.issuer,
            audience=application.application_id,
            directory_id=place.directory_id,
            nonce=attempt.nonce,
        ),
        keys=keys,
        now=checks.clock(),
        passed=checks.passed,
    )


def _note(tenant_id: int, arrival: Arrival) -> None:
    """Tell the log: ids alone. What a token claims is not for it."""
    error = arrival.error
    _log.info(
        "sign_in.not_completed",
        tenant_id=tenant_id,
        check=arrival.failed.value if arrival.failed else "",
        code=error.code if error else "",
        detail=str(error) if error else "",  # a sentence of our own, with Microsoft's ids
    )


class _Checks:
    """The checks so far, and which one is being made."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.results: list[CheckResult] = []
        self.stage = Check.CODE

    def passed(self, check: Check, detail: str) -> None:
        """Note a check that passed, once."""
        if all(each.check is not check for each in self.results):
            self.results.append(CheckResult(check, passed=True, detail=detail))

    def check_code(self, code: str) -> None:
        """Refuse what no authorization code looks like (RFC 6749, A.11)."""
        if not 0 < len(code) <= LONGEST_CODE or not code.isascii() or not code.isprintable():
            raise TokenRefusedError(Check.CODE, "What came as a code has not the form of one.")
        self.passed(Check.CODE, f"{len(code)} characters.")
        self.stage = Check.DISCOVERY

    def failed(self, check: Check, detail: str, error: SyncError | None = None) -> Arrival:
        """Return the arrival of nobody. What passed before in the same check did not."""
        order = list(Check)
        before = [each for each in self.results if order.index(each.check) < order.index(check)]
        result = CheckResult(check, passed=False, detail=detail)
        return Arrival(None, (*before, result), error)


def _place_of(machine: Machine, registration: Registration) -> tuple[Place, str]:
    if registration.application_id is None or registration.directory_id is None:
        raise SetupError(
            "The Application (client) ID and the Directory (tenant) ID are not both filled in yet.",
            code="not-set-up",
            help_page=GUIDE,
        )
    cloud = find_cloud(registration.cloud, machine.clouds())
    place = Place(cloud, registration.directory_id, machine.outgoing(cloud))
    return place, registration.application_id


def _ask(what: tuple[str, Place], make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    with _patience.waiting_for(what):
        try:
            return background_loop().ask(make, patience=PATIENCE)
        except (TimeoutError, CancelledError):
            raise TransientError(
                "Microsoft's sign-in service did not answer in time.", code="sign-in-unavailable"
            ) from None


@lru_cache(maxsize=4)
def _published(loop: BackgroundLoop) -> Published:
    """Return what is kept in this process: on its loop."""
    return Published(loop)


def forget_published() -> None:
    """Forget what directories published, so that it is read anew."""
    _published.cache_clear()


def _text(raw: bytes) -> str:
    try:
        return raw.decode("ascii")
    except UnicodeDecodeError:
        raise TokenRefusedError(Check.TOKEN, "The ID token is no plain text.") from None
