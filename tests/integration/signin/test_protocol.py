"""The protocol against a Microsoft that really checks: what is asked, kept, refused and logged."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from rollcall.core.errors import ContractError, SetupError, TransientError
from rollcall.integrations.operations import retire_key_pair
from rollcall.integrations.queries import list_key_pairs
from rollcall.oidc.claims import Check
from rollcall.oidc.flow import Attempt
from rollcall.wiring.machine import utc_now
from rollcall.wiring.sign_in import (
    begin_sign_in,
    complete_sign_in,
    forget_published,
    sign_out_url,
)
from tests.integration.signin.attacks.ledger import logging_to
from tests.integration.signin.company import URIS, Company
from tests.integration.signin.visit import (
    ACCEPTED,
    DISCOVERY,
    KEYS,
    TOKENS,
    Asked,
    Visit,
    assert_refused,
)


@pytest.fixture(autouse=True)
def nothing_kept(running_simulator: Any) -> Iterator[None]:
    """Begin with nothing that was read before, and a Microsoft that behaves."""
    forget_published()
    yield
    running_simulator.clear_faults()


@pytest.fixture
def visit(company: Company) -> Visit:
    """Return a visitor of the first company."""
    return Visit(company)


def test_a_good_sign_in_says_who_came_and_passes_each_check(visit: Visit) -> None:
    arrival = visit.walk()

    assert arrival.claims is not None
    assert arrival.claims.object_id == visit.company.people[0].id
    assert arrival.claims.directory_id == visit.company.site.directory.directory_id
    assert arrival.claims.logout_hint
    assert [each.check for each in arrival.checks] == ACCEPTED
    assert all(each.passed for each in arrival.checks)
    assert (arrival.failed, arrival.error) == (None, None)


def test_the_second_sign_in_asks_microsoft_once(visit: Visit) -> None:
    assert visit.walk().claims is not None
    asked = Asked(visit.company)

    assert visit.walk(person=1).claims is not None
    assert (asked(TOKENS), asked(KEYS), asked(DISCOVERY)) == (1, 0, 0)


def test_the_address_carries_hints_and_neither_verifier_nor_secret(visit: Visit) -> None:
    departure = visit.begin(login_hint="a@contoso.example", domain_hint="contoso.example")

    sent = {name: each[0] for name, each in parse_qs(urlsplit(departure.url).query).items()}
    assert departure.url.startswith(f"{visit.company.simulator.login}/")
    assert (sent["login_hint"], sent["domain_hint"]) == ("a@contoso.example", "contoso.example")
    assert sent["state"] == departure.attempt.state
    assert departure.attempt.verifier not in departure.url


BENT: list[tuple[dict[str, Any], Check]] = [
    ({"missing": True}, Check.REDEMPTION),
    ({"token": ""}, Check.REDEMPTION),
    ({"token": "no.token"}, Check.TOKEN),
    ({"token": "nö"}, Check.TOKEN),
    ({"size": 20_000}, Check.TOKEN),
    ({"prepend": '"oid": "00000000-0000-0000-0000-000000000000"'}, Check.TOKEN),
    ({"append": '"tid": "00000000-0000-0000-0000-000000000000"'}, Check.TOKEN),
    ({"raw": "[]"}, Check.TOKEN),
    ({"header": {"crit": ["exp"]}}, Check.TOKEN),
    ({"alg": "none"}, Check.ALGORITHM),
    ({"alg": "HS256"}, Check.ALGORITHM),
    ({"alg": "RS384"}, Check.ALGORITHM),
    ({"header": {"kid": "another"}}, Check.SIGNATURE),
    ({"header": {"kid": None}}, Check.SIGNATURE),
    ({"signed_by": "unpublished"}, Check.SIGNATURE),
    ({"signature": "empty"}, Check.SIGNATURE),
    ({"signature": "broken"}, Check.SIGNATURE),
    ({"claims": {"iss": "https://sts.windows.net/common/"}}, Check.ISSUER),
    ({"claims": {"aud": "00000000-0000-0000-0000-000000000000"}}, Check.AUDIENCE),
    ({"claims": {"azp": "00000000-0000-0000-0000-000000000000"}}, Check.AUDIENCE),
    ({"claims": {"tid": "00000000-0000-0000-0000-000000000000"}}, Check.DIRECTORY),
    ({"claims": {"ver": "1.0"}}, Check.VERSION),
    ({"shift": {"exp": -3700}}, Check.EXPIRY),
    ({"shift": {"nbf": 500}}, Check.NOT_BEFORE),
    ({"shift": {"iat": 500}}, Check.NOT_BEFORE),
    ({"claims": {"nonce": "another"}}, Check.NONCE),
    ({"remove": ["nonce"]}, Check.NONCE),
    ({"remove": ["oid"]}, Check.OBJECT_ID),
]


@pytest.mark.parametrize(("bend", "check"), BENT)
def test_a_token_that_is_wrong_in_one_thing_lets_nobody_in(
    visit: Visit, bend: dict[str, Any], check: Check
) -> None:
    visit.company.simulator.bend_id_token(**bend)

    assert_refused(visit.walk(), check)
    assert visit.walk().claims is not None


# --- codes --------------------------------------------------------------------------------------


def test_a_code_is_good_once(visit: Visit) -> None:
    departure = visit.begin()
    code = visit.code(departure)
    assert visit.complete(code, departure.attempt).claims is not None

    arrival = visit.complete(code, departure.attempt)
    assert_refused(arrival, Check.REDEMPTION)
    assert isinstance(arrival.error, ContractError)
    assert arrival.error.code == "sign-in-again"


def test_a_code_is_worth_nothing_with_another_attempts_verifier(visit: Visit) -> None:
    departure, other = visit.begin(), visit.begin()
    code = visit.code(departure)

    assert_refused(visit.complete(code, other.attempt), Check.REDEMPTION)
    assert visit.complete(code, departure.attempt).claims is not None


def test_a_code_is_worth_nothing_with_another_redirect_uri(visit: Visit) -> None:
    departure = visit.begin()
    code = visit.code(departure)

    assert_refused(visit.complete(code, departure.attempt, redirect_uri=URIS[1]), Check.REDEMPTION)


def test_a_code_is_worth_nothing_at_another_company(visit: Visit, other: Company) -> None:
    departure = visit.begin()
    code = visit.code(departure)

    assert_refused(Visit(other).complete(code, departure.attempt), Check.REDEMPTION)


def test_an_old_code_is_refused_in_words_that_help(visit: Visit) -> None:
    visit.company.simulator.set(code_lifetime=0)
    try:
        departure = visit.begin()
        code = visit.code(departure)
        time.sleep(0.05)
        arrival = visit.complete(code, departure.attempt)
    finally:
        visit.company.simulator.set(code_lifetime=600)

    assert_refused(arrival, Check.REDEMPTION)
    assert "begin anew" in arrival.checks[-1].detail
    assert "AADSTS70008" in arrival.checks[-1].detail


@pytest.mark.parametrize("code", ["", "x" * 9000, "a\nb", "a\x00b", "ä"])
def test_what_is_no_code_is_not_even_sent(visit: Visit, code: str) -> None:
    departure, asked = visit.begin(), Asked(visit.company)

    assert_refused(visit.complete(code, departure.attempt), Check.CODE)
    assert asked(TOKENS) == 0


@pytest.mark.parametrize(
    "refusal", [{"status": 503, "body": "busy"}, {"status": 500, "body": "<html>"}, {"status": 429}]
)
def test_a_microsoft_that_is_out_of_order_is_not_sent_the_code_twice(
    visit: Visit, refusal: dict[str, Any]
) -> None:
    departure = visit.begin()
    code, asked = visit.code(departure), Asked(visit.company)
    visit.company.simulator.fault("status", host="login", path="/token$", **refusal)

    arrival = visit.complete(code, departure.attempt)

    assert_refused(arrival, Check.REDEMPTION)
    assert isinstance(arrival.error, TransientError)
    assert asked(TOKENS) == 1


@pytest.mark.parametrize("where", ["before", "middle"])
def test_a_connection_that_breaks_is_no_reason_to_send_the_code_twice(
    visit: Visit, where: str
) -> None:
    departure = visit.begin()
    code, asked = visit.code(departure), Asked(visit.company)
    visit.company.simulator.fault("close", host="login", path="/token$", where=where)

    arrival = visit.complete(code, departure.attempt)

    assert_refused(arrival, Check.REDEMPTION)
    assert isinstance(arrival.error, TransientError)
    assert asked(TOKENS) == 1


def test_a_refusal_names_what_to_quote_to_microsoft(visit: Visit) -> None:
    visit.company.simulator.fault("aadsts", host="login", path="/token$", code=50105)

    arrival = visit.walk()

    assert_refused(arrival, Check.REDEMPTION)
    assert isinstance(arrival.error, SetupError)
    assert arrival.error.code == "person-not-assigned"
    assert "trace id" in str(arrival.error)


# --- our own keys -------------------------------------------------------------------------------


def test_an_older_directory_is_asked_once_more_in_the_way_it_knows(visit: Visit) -> None:
    visit.company.simulator.fault("aadsts", host="login", path="/token$", code=700027, times=1)
    asked = Asked(visit.company)

    arrival = visit.walk()

    assert arrival.claims is not None
    assert asked(TOKENS) == 2
    assert "RS256" in next(e.detail for e in arrival.checks if e.check is Check.REDEMPTION)


def test_a_key_pair_that_is_not_uploaded_yet_costs_nobody_anything(visit: Visit) -> None:
    visit.company.site.renew_key()
    tenant_id = visit.company.site.tenant.id
    pending = next(key for key in list_key_pairs(tenant_id) if key.state == "pending")
    asked = Asked(visit.company)

    assert visit.walk().claims is not None
    assert asked(TOKENS) == 1
    retire_key_pair(tenant_id, actor="test", key=str(pending.id), now=utc_now())


def test_the_next_key_pair_is_tried_where_the_active_one_is_refused(visit: Visit) -> None:
    site = visit.company.site
    site.application.upload(site.renew_key())
    visit.company.simulator.fault("aadsts", host="login", path="/token$", code=7000274, times=1)

    arrival = visit.walk()

    assert arrival.claims is not None
    pending = next(key for key in list_key_pairs(site.tenant.id) if key.state == "pending")
    assert f"key pair {pending.id} " in " ".join(each.detail for each in arrival.checks)
    retire_key_pair(site.tenant.id, actor="test", key=str(pending.id), now=utc_now())


def test_a_tenant_without_microsoft_365_is_told_so(company: Company) -> None:
    with pytest.raises(SetupError):
        begin_sign_in(company.machine, 0, redirect_uri=URIS[0])
    attempt = Attempt("state", "nonce", "verifier")
    arrival = complete_sign_in(
        company.machine, 0, code="code", redirect_uri=URIS[0], attempt=attempt
    )
    assert_refused(arrival, Check.DISCOVERY)


def test_the_way_out_returns_to_a_registered_address(visit: Visit) -> None:
    company = visit.company
    url = sign_out_url(
        company.machine, company.site.tenant.id, return_to=URIS[0], logout_hint="opaque"
    )

    assert url is not None
    assert url.startswith(f"{company.simulator.login}/{company.site.directory.directory_id}/")
    assert parse_qs(urlsplit(url).query) == {
        "post_logout_redirect_uri": [URIS[0]],
        "logout_hint": ["opaque"],
    }


def test_the_log_holds_ids_and_nothing_that_opens_a_door(visit: Visit, tmp_path: Path) -> None:
    departure = visit.begin()
    code, person = visit.code(departure), visit.company.people[0]
    visit.company.simulator.bend_id_token(claims={"nonce": "another"})

    with logging_to(visit.company.machine.environment, tmp_path) as file:
        refused = visit.complete(code, departure.attempt)
        again = visit.complete(code, departure.attempt)
    written = file.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in written.splitlines() if "sign_in." in line]

    assert (refused.failed, again.failed) == (Check.NONCE, Check.REDEMPTION)
    assert [each["check"] for each in lines] == ["nonce", "redemption"]
    assert all(each["tenant_id"] == visit.company.site.tenant.id for each in lines)
    assert "trace id" in lines[1]["detail"]
    attempt, text = departure.attempt, f"{written} {refused!r} {again!r} {departure!r}"
    secrets = (code, attempt.verifier, attempt.nonce, attempt.state)
    names = [str(person.properties[name]) for name in ("displayName", "userPrincipalName")]
    assert [each for each in (*secrets, *names) if each in text] == []
