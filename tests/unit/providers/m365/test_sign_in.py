"""A code is redeemed with each key in turn, sent again only where it cannot have arrived."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest
from tests.unit.providers.scripted import NOW, ScriptedClient, json_answer, new_ids, new_signer

from rollcall.core.errors import ContractError, SetupError, SyncError, TransientError
from rollcall.credentials.assertion import Algorithm, Signer
from rollcall.providers.http.client import Answer, Broken, Request
from rollcall.providers.m365 import sign_in
from rollcall.providers.m365.auth import Application
from rollcall.providers.m365.clouds import GLOBAL
from rollcall.providers.m365.sign_in import CodeGrant, Redeemed, fetch_document, redeem_code

DIRECTORY = "aaaabbbb-0000-cccc-1111-dddd2222eeee"
URL = GLOBAL.token_url(DIRECTORY)
GRANT = CodeGrant(code="the-code", redirect_uri="https://pbx.example/cb", verifier="the-verifier")
GOOD = json_answer({"id_token": "a.b.c", "access_token": "never read", "expires_in": 1})

Reply = Answer | Broken


@pytest.fixture(scope="module")
def signer() -> Signer:
    return new_signer()


@pytest.fixture(autouse=True)
def no_naps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "TRY_AGAIN_AFTER", 0.0)


def refusal(number: int, error: str = "invalid_client", status: int = 401) -> Answer:
    return json_answer({"error": error, "error_codes": [number], "trace_id": "the-trace"}, status)


class Entra:
    """Answers in the order given, the last answer for ever."""

    def __init__(self, *replies: Reply) -> None:
        self._replies = list(replies)
        self.client = ScriptedClient(self._answer)

    async def _answer(self, _: Request) -> Reply:
        return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]

    @property
    def forms(self) -> list[dict[str, str]]:
        """The forms that were sent."""
        return [
            {name: each[0] for name, each in parse_qs((request.body or b"").decode()).items()}
            for request in self.client.asked
        ]

    async def redeem(self, *signers: Signer) -> Redeemed:
        """Redeem the code."""
        application = Application(
            cloud=GLOBAL, directory_id=DIRECTORY, application_id="client", signers=signers
        )
        return await redeem_code(
            self.client,
            application,
            GRANT,
            token_url=URL,
            clock=lambda: NOW,
            new_id=new_ids(),
        )


async def raised(entra: Entra, *signers: Signer) -> SyncError:
    """Return what is raised instead of a token."""
    with pytest.raises(SyncError) as caught:
        await entra.redeem(*signers)
    return caught.value


async def test_a_code_is_sent_with_all_that_it_is_bound_to(signer: Signer) -> None:
    entra = Entra(GOOD)

    redeemed = await entra.redeem(signer)

    assert redeemed.id_token.reveal() == b"a.b.c"
    assert (redeemed.key_id, redeemed.algorithm) == (1, Algorithm.PS256)
    [form] = entra.forms
    assert form.pop("client_assertion").count(".") == 2
    assert form == {
        "client_id": "client",
        "grant_type": "authorization_code",
        "code": "the-code",
        "redirect_uri": "https://pbx.example/cb",
        "code_verifier": "the-verifier",
        "scope": "openid profile",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }
    [request] = entra.client.asked
    assert request.url == URL
    assert "origin" not in {name.lower() for name in request.headers}


async def test_neither_the_grant_nor_the_token_prints_its_secrets(signer: Signer) -> None:
    shown = f"{GRANT!r} {await Entra(GOOD).redeem(signer)!r}"

    assert all(secret not in shown for secret in ("the-code", "the-verifier", "a.b.c"))


async def test_a_key_that_is_not_found_by_sha_256_is_tried_once_by_sha_1(signer: Signer) -> None:
    entra = Entra(refusal(700027), GOOD)

    assert (await entra.redeem(signer)).algorithm is Algorithm.RS256
    first, second = (form["client_assertion"] for form in entra.forms)
    assert first != second


async def test_a_key_that_is_known_by_sha_1_is_not_tried_in_another_way(signer: Signer) -> None:
    old = msgspec.structs.replace(signer, algorithm=Algorithm.RS256)
    entra = Entra(refusal(700027))

    assert (await raised(entra, old)).code == "certificate-not-registered"
    assert len(entra.forms) == 1


@pytest.mark.parametrize(
    ("replies", "asked"),
    [
        ([refusal(700027), refusal(700027), GOOD], 3),
        ([refusal(7000274), GOOD], 2),
        ([refusal(1000502), GOOD], 2),
    ],
)
async def test_the_next_key_is_tried_where_one_is_refused(
    signer: Signer, replies: Sequence[Reply], asked: int
) -> None:
    entra = Entra(*replies)

    assert (await entra.redeem(signer, new_signer_of(2))).key_id == 2
    assert len(entra.forms) == asked


async def test_where_each_key_is_refused_the_last_refusal_is_told(signer: Signer) -> None:
    error = await raised(Entra(refusal(7000274)), signer, new_signer_of(2))

    assert error.code == "certificate-not-registered"
    assert "the-trace" in str(error)


async def test_without_a_key_pair_nothing_is_sent() -> None:
    entra = Entra(GOOD)

    assert (await raised(entra)).code == "no-key-pair"
    assert entra.forms == []


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (refusal(54005, "invalid_grant", 400), ContractError, "sign-in-again"),
        (refusal(70008, "invalid_grant", 400), ContractError, "sign-in-again"),
        (refusal(501481, "invalid_grant", 400), ContractError, "sign-in-again"),
        (refusal(700005, "invalid_grant", 400), ContractError, "request-refused"),
        (refusal(50057, "invalid_grant", 400), SetupError, "person-disabled"),
        (refusal(50105, "invalid_grant", 400), SetupError, "person-not-assigned"),
        (refusal(50011, "invalid_client", 400), SetupError, "redirect-uri"),
        (refusal(90033, "temporarily_unavailable", 400), TransientError, "microsoft-busy"),
        (refusal(0, "server_error", 503), TransientError, "sign-in-unavailable"),
        (refusal(0, "slow_down", 429), TransientError, "sign-in-unavailable"),
        (json_answer("a page", 502), TransientError, "sign-in-unavailable"),
        (json_answer({}), ContractError, "no-id-token"),
        (json_answer({"id_token": None}), ContractError, "no-id-token"),
        (json_answer({"id_token": ""}), ContractError, "no-id-token"),
        (json_answer({"id_token": 1}), ContractError, "no-id-token"),
        (json_answer("a page"), ContractError, "no-id-token"),
        (Broken("it did not answer in time", "id"), TransientError, "sign-in-unavailable"),
    ],
)
async def test_what_is_no_token_is_told_and_the_code_is_not_sent_again(
    signer: Signer, reply: Reply, kind: type, code: str
) -> None:
    entra = Entra(reply, GOOD)

    error = await raised(entra, signer)

    assert isinstance(error, kind)
    assert error.code == code
    assert len(entra.forms) == 1
    assert "the-code" not in str(error)


async def test_a_code_that_was_not_sent_at_all_is_sent_again(signer: Signer) -> None:
    unsent = Broken("it could not be reached", "id", unsent=True)
    entra = Entra(unsent, unsent, GOOD)

    assert (await entra.redeem(signer)).key_id == 1
    assert len(entra.forms) == 3


async def test_a_microsoft_that_cannot_be_reached_is_not_tried_for_ever(signer: Signer) -> None:
    entra = Entra(Broken("it could not be reached", "id", unsent=True))

    assert isinstance(await raised(entra, signer), TransientError)
    assert len(entra.forms) == 3


async def test_a_document_is_what_the_directory_answers() -> None:
    entra = Entra(json_answer({"keys": []}))

    body = await fetch_document(entra.client, f"{GLOBAL.login}/keys", now=NOW)

    assert body == b'{"keys": []}'
    assert entra.client.asked[0].most is not None


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (json_answer({}, 500), TransientError),
        (json_answer({}, 302), SetupError),
        (refusal(90002, "invalid_tenant", 400), SetupError),
        (Broken("it closed the connection", "id"), TransientError),
    ],
)
async def test_a_document_that_does_not_come_is_told(reply: Reply, kind: type) -> None:
    with pytest.raises(SyncError) as caught:
        await fetch_document(Entra(reply).client, f"{GLOBAL.login}/keys", now=NOW)

    assert isinstance(caught.value, kind)


async def test_a_document_of_another_host_is_not_asked_for() -> None:
    with pytest.raises(ContractError):
        await fetch_document(Entra(GOOD).client, "https://evil.example/keys", now=NOW)


def new_signer_of(key_id: int, **values: Any) -> Signer:
    """Return another key."""
    return msgspec.structs.replace(new_signer(), key_id=key_id, **values)
