"""One call of Graph: its token, its retries, the name of its failure."""

import json

import msgspec
import pytest
from tests.clocks import Naps
from tests.unit.providers.scripted import (
    ScriptedClient,
    error_answer,
    header_of,
    json_answer,
    make_graph,
    new_signer,
)

from rollcall.core.errors import ContractError, SetupError, SyncError, TransientError
from rollcall.credentials.assertion import Signer
from rollcall.providers.http.client import Answer, Broken, Request
from rollcall.providers.http.retry import MOST_ATTEMPTS
from rollcall.providers.m365.graph import LostPlaceError

Reply = Answer | Broken
GOOD = json_answer({"value": "good"})
THROTTLED_HEADER = "x-ms-throttle-limit-percentage"


class Wire:
    """Answers calls of Graph in the order given, the last answer for ever; tokens at once."""

    def __init__(self, *replies: Reply) -> None:
        self._replies = list(replies)
        self.calls: list[Request] = []
        self.tokens = 0

    async def answer(self, request: Request) -> Reply:
        if request.url.endswith("/token"):
            self.tokens += 1
            return json_answer({"access_token": f"fresh{self.tokens}", "expires_in": 3599})
        self.calls.append(request)
        return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]


@pytest.fixture(scope="module")
def signer() -> Signer:
    return new_signer()


@pytest.fixture
def naps() -> Naps:
    return Naps()


def decode(body: bytes) -> str:
    return msgspec.json.decode(body, type=dict[str, str])["value"]


async def get(wire: Wire, naps: Naps, signer: Signer, url: str = "/users") -> str:
    graph, _ = make_graph(ScriptedClient(wire.answer), naps, signers=(signer,))
    return await graph.get(url, decode, permission="User.Read.All")


async def test_a_call_has_a_token_and_says_that_it_can_wait(naps: Naps, signer: Signer) -> None:
    wire = Wire(GOOD)

    assert await get(wire, naps, signer) == "good"

    [call] = wire.calls
    assert call.url == "https://graph.microsoft.com/v1.0/users"
    assert header_of(call, "authorization") == "Bearer kept"
    assert header_of(call, "accept") == "application/json"
    assert header_of(call, "x-ms-throttle-priority") == "Low"


async def test_a_link_is_called_as_it_is_and_no_other_host_gets_the_token(
    naps: Naps, signer: Signer
) -> None:
    link = "https://graph.microsoft.com/v1.0/users/delta?$deltatoken=a%2Fb"
    wire = Wire(GOOD)
    await get(wire, naps, signer, link)

    with pytest.raises(ContractError, match="another host"):
        await get(wire, naps, signer, "https://evil.example/v1.0/users")

    assert [call.url for call in wire.calls] == [link]


@pytest.mark.parametrize(
    ("reply", "slept"),
    [
        (error_answer(429, "TooManyRequests", retry_after="7"), 7),
        (error_answer(429, "TooManyRequests", retry_after="2.128"), 2.128),
        (error_answer(429, "TooManyRequests"), 0.5),
        (error_answer(503, "serviceNotAvailable"), 0.5),
        (error_answer(504, "UnknownError"), 0.5),
        (Answer(200, {"content-type": "text/html"}, b"<html>", "1"), 0.5),
        (Answer(200, {"content-type": "application/json"}, b'{"value":', "1"), 0.5),
        (json_answer([]), 0.5),
        (Broken("it closed the connection", "1"), 0.5),
    ],
)
async def test_what_passes_is_waited_out(
    naps: Naps, signer: Signer, reply: Reply, slept: float
) -> None:
    assert await get(Wire(reply, GOOD), naps, signer) == "good"
    assert sum(naps.slept) == pytest.approx(slept)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (
            error_answer(503, "x", request_id="theirs"),
            "answered 503 7 times (Microsoft's request id theirs",
        ),
        (
            Broken("it did not answer in time", "ours"),
            "failed 7 times: it did not answer in time (client-request-id ours",
        ),
        (json_answer([]), "failed 7 times: it answered with JSON that breaks off or is not what"),
    ],
)
async def test_what_does_not_pass_is_given_up_with_an_id(
    naps: Naps, signer: Signer, reply: Reply, words: str
) -> None:
    wire = Wire(reply)

    with pytest.raises(TransientError) as raised:
        await get(wire, naps, signer)

    assert words in str(raised.value)
    assert len(wire.calls) == MOST_ATTEMPTS


async def test_a_token_that_is_refused_is_renewed_once(naps: Naps, signer: Signer) -> None:
    wire = Wire(error_answer(401, "InvalidAuthenticationToken"), GOOD)

    assert await get(wire, naps, signer) == "good"

    assert [header_of(call, "authorization") for call in wire.calls] == [
        "Bearer kept",
        "Bearer fresh1",
    ]


async def test_a_new_token_that_is_refused_as_well_is_somebodys_to_mend(
    naps: Naps, signer: Signer
) -> None:
    wire = Wire(error_answer(401, "InvalidAuthenticationToken", request_id="theirs"))

    with pytest.raises(SetupError, match="theirs") as raised:
        await get(wire, naps, signer)

    assert raised.value.code == "token-refused"
    assert wire.tokens == 1


async def test_a_missing_permission_is_asked_for_again_with_a_token_of_today(
    naps: Naps, signer: Signer
) -> None:
    wire = Wire(error_answer(403, "Authorization_RequestDenied"), GOOD)

    assert await get(wire, naps, signer) == "good"
    assert wire.tokens == 1


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (error_answer(410, ""), LostPlaceError, "cursor-lost"),
        (error_answer(410, "Whatever"), LostPlaceError, "cursor-lost"),
        (error_answer(400, "SYNCSTATENOTFOUND"), LostPlaceError, "cursor-lost"),
        (error_answer(404, "resyncRequired"), LostPlaceError, "cursor-lost"),
        (error_answer(400, "syncStateInvalid"), LostPlaceError, "cursor-lost"),
        (error_answer(400, "Directory_ExpiredPageToken"), LostPlaceError, "cursor-lost"),
        (error_answer(403, "Authorization_RequestDenied"), SetupError, "permission-missing"),
        (error_answer(403, "Authorization_IdentityNotFound"), SetupError, "application-unknown"),
        (error_answer(400, "BadRequest"), ContractError, "unexpected-answer"),
        (error_answer(404, "Request_ResourceNotFound"), ContractError, "unexpected-answer"),
        (error_answer(501, "NotImplemented"), ContractError, "unexpected-answer"),
        (json_answer({"value": "x"}, 202), ContractError, "unexpected-answer"),
    ],
)
async def test_a_refusal_is_named_by_who_can_mend_it(
    naps: Naps, signer: Signer, reply: Answer, kind: type[SyncError], code: str
) -> None:
    with pytest.raises(kind) as raised:
        await get(Wire(reply), naps, signer)

    assert raised.value.code == code


async def test_a_missing_permission_is_named(naps: Naps, signer: Signer) -> None:
    with pytest.raises(SetupError, match=r"User\.Read\.All is not granted"):
        await get(Wire(error_answer(403, "Authorization_RequestDenied")), naps, signer)


@pytest.mark.parametrize(
    ("used", "paused"), [("0.8", 0), ("0.9", 0.2), ("1.7", 1.8), ("9", 2), ("much", 0), ("", 0)]
)
async def test_a_warning_before_throttling_slows_the_next_call_down(
    naps: Naps, signer: Signer, used: str, paused: float
) -> None:
    good = Answer(200, {"content-type": "application/json", THROTTLED_HEADER: used}, GOOD.body, "1")
    graph, _ = make_graph(ScriptedClient(Wire(good).answer), naps, signers=(signer,))

    for _ in range(2):
        await graph.get("/users", decode, permission="")

    assert sum(naps.slept) == pytest.approx(paused)


async def test_a_body_is_posted_as_json(naps: Naps, signer: Signer) -> None:
    wire = Wire(GOOD)
    graph, _ = make_graph(ScriptedClient(wire.answer), naps, signers=(signer,))

    assert await graph.post("/$batch", json.dumps({}).encode(), decode) == "good"

    [call] = wire.calls
    assert (call.method, call.body) == ("POST", b"{}")
    assert header_of(call, "content-type") == "application/json"
