"""From a key pair to a token: which key is tried, what is kept, what a refusal says."""

import base64
import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from tests.clocks import Naps
from tests.unit.providers.scripted import (
    NOW,
    MemoryVault,
    ScriptedClient,
    json_answer,
    kept_token,
    make_pace,
    new_ids,
)

from rollcall.core.errors import ContractError, SetupError, SyncError, TransientError
from rollcall.credentials.assertion import Algorithm, Signer
from rollcall.credentials.keypair import generate_key_pair
from rollcall.providers.http.client import Answer, Broken, Request
from rollcall.providers.http.retry import MOST_ATTEMPTS
from rollcall.providers.m365.auth import Application, RefusedTokenError, TokenSource
from rollcall.providers.m365.clouds import GLOBAL

GRANTED = {"token_type": "Bearer", "expires_in": 3599, "access_token": "fresh"}

Reply = Answer | Broken


def make_signer(key_id: int, *, days: int = 365, algorithm: Algorithm = Algorithm.PS256) -> Signer:
    made = NOW - timedelta(days=10)
    pair = generate_key_pair(name="test", days=days, now=made)
    return Signer(
        key_id=key_id,
        private_key=pair.private_key,
        certificate=pair.certificate,
        algorithm=algorithm,
    )


@pytest.fixture(scope="module")
def signer() -> Signer:
    return make_signer(1)


@pytest.fixture(scope="module")
def other_signer() -> Signer:
    return make_signer(2)


def refusal(
    number: int, status: int = 401, error: str = "invalid_client", **headers: str
) -> Answer:
    body = {
        "error": error,
        "error_description": f"AADSTS{number}: no.",
        "error_codes": [number],
        "timestamp": "2026-03-29 00:00:00Z",
        "trace_id": "the-trace",
        "correlation_id": "the-correlation",
    }
    return json_answer(body, status, **headers)


class Entra:
    """Answers in the order given, the last answer for ever; notes the header of each assertion."""

    def __init__(self, *replies: Reply) -> None:
        self._replies = list(replies)
        self.requests: list[Request] = []

    async def answer(self, request: Request) -> Reply:
        self.requests.append(request)
        return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]

    @property
    def forms(self) -> list[dict[str, str]]:
        bodies = ((request.body or b"").decode() for request in self.requests)
        return [{name: values[0] for name, values in parse_qs(body).items()} for body in bodies]

    @property
    def algorithms(self) -> list[str]:
        return [header_of(form["client_assertion"])["alg"] for form in self.forms]


def header_of(assertion: str) -> dict[str, str]:
    header = assertion.split(".", maxsplit=1)[0]
    found: dict[str, str] = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    return found


def source(
    entra: Entra,
    signers: Sequence[Signer],
    vault: MemoryVault | None = None,
    naps: Naps | None = None,
) -> TokenSource:
    return TokenSource(
        ScriptedClient(entra.answer),
        Application(
            cloud=GLOBAL,
            directory_id="directory",
            application_id="application",
            signers=tuple(signers),
        ),
        vault or MemoryVault(),
        pace=make_pace(naps or Naps()),
        new_id=new_ids(),
    )


async def refused(*replies: Reply, signers: Sequence[Signer]) -> SyncError:
    with pytest.raises(SyncError) as raised:
        await source(Entra(*replies), signers).token()
    return raised.value


async def test_a_token_is_asked_for_as_the_contract_says(signer: Signer) -> None:
    entra, vault = Entra(json_answer(GRANTED)), MemoryVault()

    token = await source(entra, [signer], vault).token()

    [request], [form] = entra.requests, entra.forms
    url = "https://login.microsoftonline.com/directory/oauth2/v2.0/token"
    key = RSAKey.import_key(signer.private_key.reveal())
    claims = jwt.decode(form.pop("client_assertion"), key, algorithms=["PS256"]).claims
    assert token == "fresh"
    assert (request.method, request.url) == ("POST", url)
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert form == {
        "client_id": "application",
        "grant_type": "client_credentials",
        "scope": "https://graph.microsoft.com/.default",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }
    assert (claims["aud"], claims["iss"], claims["sub"]) == (url, "application", "application")
    assert vault.accepted == [(1, Algorithm.PS256)]
    assert vault.token is not None
    assert vault.token.expires_at == NOW + timedelta(seconds=3599)


@pytest.mark.parametrize(("minutes", "asked"), [(60, 0), (5.1, 0), (5, 1), (1, 1), (-1, 1)])
async def test_a_kept_token_is_used_until_its_last_minutes(
    signer: Signer, minutes: float, asked: int
) -> None:
    entra = Entra(json_answer(GRANTED))
    tokens = source(entra, [signer], MemoryVault(kept_token(minutes=minutes)))

    assert await tokens.token() == ("fresh" if asked else "kept")
    assert len(entra.requests) == asked
    assert tokens.issued_here is bool(asked)


async def test_a_certificate_that_is_not_known_is_tried_once_more_by_its_sha1(
    signer: Signer,
) -> None:
    entra, vault = Entra(refusal(700027), json_answer(GRANTED)), MemoryVault()

    assert await source(entra, [signer], vault).token() == "fresh"

    assert entra.algorithms == ["PS256", "RS256"]
    assert vault.accepted == [(1, Algorithm.RS256)]


async def test_a_key_that_was_accepted_by_its_sha1_is_not_tried_otherwise() -> None:
    entra = Entra(refusal(700027))

    with pytest.raises(RefusedTokenError):
        await source(entra, [make_signer(1, algorithm=Algorithm.RS256)]).token()

    assert entra.algorithms == ["RS256"]


@pytest.mark.parametrize("number", [7000274, 7000214, 7000277, 1000502, 50012, 700024])
async def test_where_another_key_may_help_it_is_tried(
    signer: Signer, other_signer: Signer, number: int
) -> None:
    entra, vault = Entra(refusal(number), json_answer(GRANTED)), MemoryVault()

    assert await source(entra, [signer, other_signer], vault).token() == "fresh"

    assert vault.accepted == [(2, Algorithm.PS256)]


async def test_where_another_key_does_not_help_none_is_tried(
    signer: Signer, other_signer: Signer
) -> None:
    entra = Entra(refusal(700016, 400))

    with pytest.raises(RefusedTokenError):
        await source(entra, [signer, other_signer]).token()

    assert len(entra.requests) == 1


async def test_a_refusal_of_all_keys_is_that_of_the_last(
    signer: Signer, other_signer: Signer
) -> None:
    error = await refused(refusal(7000214), refusal(7000274), signers=[signer, other_signer])

    assert error.code == "certificate-not-registered"
    assert "AADSTS7000274" in str(error)


async def test_an_expired_certificate_is_said_without_asking(other_signer: Signer) -> None:
    entra = Entra(json_answer(GRANTED))
    expired = make_signer(1, days=9)

    with pytest.raises(RefusedTokenError, match="expired on 28 March 2026") as raised:
        await source(entra, [expired]).token()
    assert raised.value.code == "certificate-expired"
    assert entra.requests == []

    assert await source(entra, [expired, other_signer]).token() == "fresh"


async def test_without_a_key_pair_somebody_has_to_make_one() -> None:
    error = await refused(json_answer(GRANTED), signers=[])

    assert isinstance(error, SetupError)
    assert error.code == "no-key-pair"


@pytest.mark.parametrize(
    ("number", "status", "kind"),
    [
        (700016, 400, SetupError),
        (65001, 400, SetupError),
        (50048, 401, ContractError),
        (9876543, 401, SetupError),
    ],
)
async def test_a_refusal_has_its_number_and_the_ids_to_ask_about(
    signer: Signer, number: int, status: int, kind: type[SyncError]
) -> None:
    error = await refused(refusal(number, status), signers=[signer])

    assert isinstance(error, kind)
    ids = "trace id the-trace, correlation id the-correlation, 2026-03-29 00:00:00Z"
    assert str(error).endswith(f"(AADSTS{number}, {ids})")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("invalid_client", "credential-refused"),
        ("unauthorized_client", "wrong-application"),
        ("invalid_request", "request-refused"),
        ("something_new", "sign-in-refused"),
    ],
)
async def test_an_unknown_number_is_judged_by_its_oauth_error(
    signer: Signer, error: str, code: str
) -> None:
    assert (await refused(refusal(123456, 400, error), signers=[signer])).code == code


async def test_a_refusal_that_is_no_json_still_has_its_status(signer: Signer) -> None:
    page = Answer(status=400, headers={}, body=b"<html>", request_id="ours")

    error = await refused(page, signers=[signer])

    assert error.code == "sign-in-refused"
    assert "(400, trace id unknown, correlation id ours" in str(error)


@pytest.mark.parametrize(
    ("date", "words"),
    [
        ("Sat, 28 Mar 2026 23:48:00 GMT", "12 minutes ahead of Microsoft's"),
        ("Sun, 29 Mar 2026 00:12:00 GMT", "12 minutes behind Microsoft's"),
    ],
)
async def test_a_wrong_clock_is_measured_by_theirs(signer: Signer, date: str, words: str) -> None:
    error = await refused(refusal(700024, date=date), signers=[signer])

    assert error.code == "clock-wrong"
    assert words in str(error)


@pytest.mark.parametrize(
    ("reply", "naps"),
    [
        (lambda: refusal(90033, 400), [0.5, 1]),
        (lambda: refusal(90012, 400, retry_after="17"), [17, 17]),
        (lambda: refusal(1, 400, "temporarily_unavailable"), [0.5, 1]),
        (lambda: json_answer({}, 503), [0.5, 1]),
        (lambda: json_answer({}, 429, retry_after="3"), [3, 3]),
        (lambda: json_answer({"token_type": "Bearer"}), [0.5, 1]),
        (lambda: json_answer(None), [0.5, 1]),
        (lambda: Broken("it closed the connection", "ours"), [0.5, 1]),
    ],
)
async def test_what_passes_is_waited_out(
    signer: Signer, reply: Callable[[], Reply], naps: list[float]
) -> None:
    slept = Naps()
    entra = Entra(reply(), reply(), json_answer(GRANTED))

    assert await source(entra, [signer], naps=slept).token() == "fresh"

    assert slept.slept == naps
    assertions = [form["client_assertion"] for form in entra.forms]
    assert len(set(assertions)) == 3, "an assertion was used twice"


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (refusal(90033, 400), "AADSTS90033"),
        (Broken("it closed the connection", "ours"), "client-request-id ours"),
        (json_answer({}, 503), "answered 503 7 times"),
    ],
)
async def test_what_does_not_pass_is_given_up_and_nothing_was_changed(
    signer: Signer, reply: Reply, words: str
) -> None:
    entra = Entra(reply)

    with pytest.raises(TransientError, match="Nothing was changed") as raised:
        await source(entra, [signer]).token()

    assert words in str(raised.value)
    assert raised.value.code == "sign-in-unavailable"
    assert len(entra.requests) == MOST_ATTEMPTS


async def test_a_loop_that_microsoft_saw_is_not_gone_on_with(signer: Signer) -> None:
    entra = Entra(refusal(50196, 400))

    with pytest.raises(TransientError, match="too many identical requests"):
        await source(entra, [signer]).token()

    assert len(entra.requests) == 1
