"""The way in with Microsoft: the button, Microsoft, the callback, and what is said on the way."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from rollcall.accounts.attempts import HALF, Counter, charge
from rollcall.accounts.sessions import SignedIn, find_session
from rollcall.accounts.tokens import digest_of
from rollcall.core.policy import Stage
from rollcall.portal.views.entry.refusals import REFUSALS
from rollcall.tenants.operations import resume_tenant, suspend_tenant
from rollcall.wiring.machine import utc_now
from tests.integration.portal.arrival import audited, cookie_of
from tests.integration.portal.visitors import make_client
from tests.integration.signin.company import (
    CALLBACK,
    START,
    Company,
    Response,
    asked,
    come_back,
    flows,
    has_session,
    sent_to,
)
from tests.simulator.control import op
from tests.simulator.shown import UserTruth

BAD_NEXT = ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", "x\ny")


def who(client: Client) -> SignedIn:
    """Return whose session a browser has."""
    found = find_session(cookie_of(client), now=utc_now())
    assert found is not None
    return found


def refusal(company: Company) -> dict[str, object]:
    """Return what the last line of the audit log says of a refusal."""
    return audited(company.machine.conninfo, "sign_in.refused")[-1][2]


def check_refused(company: Company, answer: Response, *, status: int, reason: str) -> str:
    """Check that a card says no, and the audit log why; return the card."""
    page = str(answer.content.decode())
    said = refusal(company)
    assert (answer.status_code, said["reason"]) == (status, reason), said
    assert said["method"] == "microsoft"
    assert f'<code class="reference">{said["reference"]}</code>' in page
    assert "__Host-session" not in answer.cookies
    return page


# -- in


def test_a_synchronised_person_comes_in_and_goes_on_to_the_first_page(company: Company) -> None:
    client, person = company.browser(), company.people[0]

    answer = company.enter(client, person)

    assert answer.status_code == 302
    assert answer["Location"] == "/"
    signed_in = who(client)
    own = company.site.extension_of(person.id)
    assert own is not None
    assert (signed_in.role, signed_in.method) == ("user", "microsoft")
    assert signed_in.name == person.properties["displayName"]
    assert client.get("/account/").status_code == 200
    cookie = answer.cookies["__Host-session"]
    assert cookie["secure"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert flows(client) == []
    tenant_id, actor, said = audited(company.machine.conninfo, "sign_in.succeeded")[-1]
    assert tenant_id == company.site.tenant.id
    assert actor == signed_in.email
    assert said["method"] == "microsoft"


def test_the_second_sign_in_is_of_the_same_account_with_another_session(company: Company) -> None:
    client, person = company.browser(), company.people[0]
    company.enter(client, person)
    first, token = who(client), cookie_of(client)

    company.enter(client, person)

    assert who(client).account_id == first.account_id
    assert cookie_of(client) != token
    assert find_session(token, now=utc_now()) is None, "one browser has one session"


@pytest.mark.parametrize("host", ["pbx.example", "sbc.example:9443"])
def test_the_redirect_uri_is_the_one_of_the_domain_that_was_come_by(
    company: Company, host: str
) -> None:
    client = company.browser(host)
    address = company.depart(client)

    assert asked(address)["redirect_uri"] == f"https://{host}{CALLBACK}"
    assert come_back(client, company.answer(address, company.people[1]))["Location"] == "/"
    assert has_session(client)


def test_a_proxy_may_hide_the_port(company: Company) -> None:
    client = company.browser("sbc.example")

    assert asked(company.depart(client))["redirect_uri"] == f"https://sbc.example:9443{CALLBACK}"


def test_what_comes_by_another_name_of_this_machine_is_sent_to_the_web_domain(
    company: Company,
) -> None:
    client = company.browser("localhost")

    answer = company.press(client, next="/account/")

    assert sent_to(answer) == "https://pbx.example/t/contoso/sign-in?next=%2Faccount%2F"
    assert flows(client) == []


def test_what_is_asked_of_microsoft_is_all_there(company: Company) -> None:
    address = company.depart(company.browser(), email=" ada@contoso.example ")
    said = asked(address)

    assert address.startswith(company.simulator.login)
    assert (said["response_type"], said["response_mode"]) == ("code", "query")
    assert said["code_challenge_method"] == "S256"
    assert said["login_hint"] == "ada@contoso.example"
    assert said["client_id"] == company.site.integration.application_id
    assert len({said["state"], said["nonce"], said["code_challenge"]}) == 3


def test_another_account_can_be_asked_for_and_then_no_address_is_suggested(
    company: Company,
) -> None:
    said = asked(company.depart(company.browser(), email="ada@contoso.example", another="1"))

    assert said["prompt"] == "select_account"
    assert "login_hint" not in said


def test_next_is_kept_and_leads_only_to_this_site(company: Company) -> None:
    person = company.people[0]

    assert company.enter(company.browser(), person, next="/account/?tab=1")["Location"] == (
        "/account/?tab=1"
    )
    for onward in BAD_NEXT:
        assert company.enter(company.browser(), person, next=onward)["Location"] == "/", onward


def test_two_windows_at_once_both_come_in(company: Company) -> None:
    client = company.browser()
    first, second = company.depart(client, next="/a"), company.depart(client, next="/b")
    assert len(flows(client)) == 2

    assert come_back(client, company.answer(second, company.people[0]))["Location"] == "/b"
    assert come_back(client, company.answer(first, company.people[0]))["Location"] == "/a"
    assert has_session(client)


def test_a_browser_keeps_five_sign_ins_under_way_and_drops_the_oldest(company: Company) -> None:
    client = company.browser()
    addresses = [company.depart(client) for _ in range(7)]

    assert len(flows(client)) == 5
    assert come_back(client, company.answer(addresses[-1], company.people[0]))["Location"] == "/"


# -- broken flows


def test_the_back_button_meets_a_calm_page_with_a_way_on(company: Company) -> None:
    client = company.browser()
    back = company.answer(company.depart(client), company.people[0])
    come_back(client, back)
    token = cookie_of(client)

    page = check_refused(company, come_back(client, back), status=400, reason="state")

    assert "finished already" in page
    assert 'href="/"' in page
    assert cookie_of(client) == token, "who is in stays in"


def test_an_answer_in_another_browser_is_refused(company: Company) -> None:
    back = company.answer(company.depart(company.browser()), company.people[0])

    stranger = company.browser()
    page = check_refused(company, come_back(stranger, back), status=400, reason="state")

    assert "Begin again" in page
    assert not has_session(stranger)


def test_one_answer_makes_one_session_however_often_it_comes_at_once(company: Company) -> None:
    client = company.browser()
    back = company.answer(company.depart(client), company.people[2])
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}

    def come(_: int) -> int:
        twin = make_client(company.machine, HTTP_HOST="pbx.example")
        for name, value in cookies.items():
            twin.cookies[name] = value
        try:
            return int(come_back(twin, back).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(come, range(4)))

    assert statuses == [302, 400, 400, 400]


def test_an_answer_by_form_is_no_answer(company: Company) -> None:
    client = company.browser()
    back = asked(company.answer(company.depart(client), company.people[0]))

    answer = client.post(CALLBACK, {"code": back["code"], "state": back["state"]})

    check_refused(company, answer, status=405, reason="method")
    assert answer["Allow"] == "GET"
    assert client.head(f"{CALLBACK}?code=x&state=y").status_code == 405
    assert client.get("/MS365/callback").status_code == 404
    assert client.get("/ms365/Callback").status_code == 404


@pytest.mark.parametrize(
    ("query", "status", "reason"),
    [
        ("error=access_denied&error_description=AADSTS65004%3A+declined", 403, "access_denied"),
        ("error=temporarily_unavailable", 503, "temporarily_unavailable"),
        ("error=interaction_required", 403, "interaction_required"),
        ("error=%3Cscript%3E", 403, "other"),
    ],
)
def test_microsofts_own_refusals_are_told_in_our_words(
    company: Company, query: str, status: int, reason: str
) -> None:
    client = company.browser()
    state = asked(company.depart(client))["state"]

    answer = client.get(f"{CALLBACK}?{query}&state={state}")

    page = check_refused(company, answer, status=status, reason=f"microsoft-{reason}")
    assert "AADSTS" not in page
    assert "<script>" not in page
    assert refusal(company).get("code") == ("AADSTS65004" if "65004" in query else None)
    assert flows(client) == []


def test_an_answer_without_a_code_is_refused(company: Company) -> None:
    client = company.browser()
    state = asked(company.depart(client))["state"]

    answer = client.get(f"{CALLBACK}?state={state}")

    assert answer.status_code == 400
    assert refusal(company)["check"] in {"answer", "code"}


def test_an_answer_that_says_something_twice_is_refused(company: Company) -> None:
    client = company.browser()
    back = company.answer(company.depart(client), company.people[0])

    answer = client.get(f"{CALLBACK}?{back.partition('?')[2]}&code=other")

    check_refused(company, answer, status=400, reason="state")


def test_a_code_that_is_none_is_refused_by_microsoft(company: Company) -> None:
    client = company.browser()
    state = asked(company.depart(client))["state"]

    answer = client.get(f"{CALLBACK}?state={state}&code=nobody-gave-this")

    assert answer.status_code == 400
    assert refusal(company)["check"] == "redemption"
    assert not has_session(client)


def test_a_code_that_is_too_old_begins_anew(company: Company) -> None:
    client = company.browser()
    back = company.answer(company.depart(client), company.people[0])
    company.simulator.set(code_lifetime=-1)  # a clock that is ahead would refuse the assertion
    try:
        answer = come_back(client, back)
    finally:
        company.simulator.reset()

    page = check_refused(company, answer, status=400, reason="redemption")
    assert "This sign-in cannot be finished" in page


def spend_refusals(kind: str, network: str) -> None:
    """Have a network refused as often as it may be, but for once."""
    counter = Counter(f"{kind}/{digest_of(network)[:HALF]}", REFUSALS)
    for _ in range(REFUSALS.free - 1):
        charge([counter], now=utc_now())


def test_a_network_that_is_refused_again_and_again_has_to_wait(company: Company) -> None:
    def come(address: str) -> tuple[Response, Client]:
        client = make_client(company.machine, HTTP_HOST="pbx.example", REMOTE_ADDR=address)
        state = asked(company.depart(client))["state"]
        return client.get(f"{CALLBACK}?state={state}&code=made-up"), client

    lines = len(audited(company.machine.conninfo, "sign_in.refused"))
    spend_refusals("microsoft", "203.0.113.9")

    assert come("203.0.113.9")[0].status_code == 400
    waiting, client = come("203.0.113.9")
    assert waiting.status_code == 429
    assert "too many attempts" in waiting.content.decode()
    assert flows(client) == []
    assert len(audited(company.machine.conninfo, "sign_in.refused")) == lines + 1
    neighbour = make_client(company.machine, HTTP_HOST="pbx.example", REMOTE_ADDR="203.0.113.10")
    assert company.enter(neighbour, company.people[0])["Location"] == "/"


def test_answers_that_a_foreign_page_provokes_keep_nobody_out(company: Company) -> None:
    spend_refusals("microsoft-stray", "203.0.113.11")
    client = make_client(company.machine, HTTP_HOST="pbx.example", REMOTE_ADDR="203.0.113.11")
    stray = f"{CALLBACK}?state=made-up&code=made-up"

    assert [client.get(stray).status_code for _ in range(2)] == [400, 429]
    assert company.enter(client, company.people[0])["Location"] == "/"


def test_while_microsoft_does_not_answer_it_is_nobodys_fault(company: Company) -> None:
    client = company.browser()
    back = company.answer(company.depart(client), company.people[0])
    fault = company.simulator.fault("status", host="login", path="/token$", status=503, times=None)
    try:
        page = check_refused(company, come_back(client, back), status=503, reason="redemption")
    finally:
        company.simulator.reset()
    assert fault
    assert "Microsoft does not answer" in page


# -- who may not


@contextmanager
def settings(company: Company, **values: bool) -> Iterator[None]:
    """Have other settings for a while."""
    before: dict[str, Any] = {n: getattr(company.site.integration, n) for n in values}
    given: dict[str, Any] = dict(values)
    company.site.set(**given)
    try:
        yield
    finally:
        company.site.set(**before)


def try_to_enter(company: Company, person: UserTruth | None = None) -> Response:
    """Begin while the button is there, and come back."""
    client = company.browser()
    return company.enter(client, person or company.people[3])


def test_who_is_not_synchronised_is_told_what_to_ask_for(company: Company) -> None:
    [made] = company.site.directory.change(
        op("add_user", set={"displayName": "New Here", "accountEnabled": True})
    )
    person = company.site.directory.user(made["id"])

    page = check_refused(
        company, try_to_enter(company, person), status=403, reason="not-synchronised"
    )

    assert "You are not in this phone system yet" in page
    assert "include you in the user sync" in page
    assert str(person.properties["userPrincipalName"]) in page
    assert refusal(company)["object_id"] == person.id
    assert "Use another account" in page


def test_a_guest_is_told_to_take_the_account_of_the_own_company(company: Company) -> None:
    [made] = company.site.directory.change(
        op("add_user", set={"displayName": "Guest", "accountEnabled": True, "userType": "Guest"})
    )
    company.site.sync(Stage.USERS)

    answer = try_to_enter(company, company.site.directory.user(made["id"]))

    page = check_refused(company, answer, status=403, reason="guest")
    assert "the account of your own company" in page


def test_who_is_not_selected_is_told_so(company: Company) -> None:
    company.select("only", company.people[0])
    try:
        page = check_refused(company, try_to_enter(company), status=403, reason="not-selected")
    finally:
        company.select("all")
    assert "add you to those who may sign in" in page


def test_administrators_on_the_list_come_in_while_people_do_not(company: Company) -> None:
    boss, person = company.people[4], company.people[3]
    company.list_administrators(boss)
    try:
        with settings(company, sign_in=False):
            client = company.browser()
            assert company.enter(client, boss)["Location"] == "/"
            assert who(client).role == "administrator"
            page = client.get("/t/contoso/integration/")
            assert page.status_code == 200
            check_refused(company, try_to_enter(company, person), status=403, reason="off")
    finally:
        company.list_administrators()


def test_a_blocked_person_is_not_let_in(company: Company) -> None:
    person = company.people[5]
    client = company.browser()
    address = company.answer(company.depart(client), person)
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "UPDATE telephony_extension SET state = 'blocked' WHERE directory_object_id = %s",
            [person.id],
        )
    try:
        check_refused(company, come_back(client, address), status=403, reason="blocked")
    finally:
        with connections["default"].cursor() as cursor:
            cursor.execute(
                "UPDATE telephony_extension SET state = 'active' WHERE directory_object_id = %s",
                [person.id],
            )


def test_a_suspended_tenant_lets_nobody_in_and_offers_no_button(company: Company) -> None:
    client = company.browser()
    address = company.answer(company.depart(client), company.people[0])
    suspend_tenant("contoso")
    try:
        answer = come_back(client, address)
        pressed = company.press(company.browser())
    finally:
        resume_tenant("contoso")
    assert answer.status_code == 403
    assert refusal(company)["reason"] in {"suspended", "not-offered"}
    assert pressed.status_code == 404


def test_a_tenant_without_the_offer_and_one_that_is_not_there_answer_alike(
    company: Company, other: Company
) -> None:
    def pressed(slug: str) -> tuple[int, str]:
        answer = company.browser().post(START, {"tenant": slug})
        text = answer.content.decode()
        return answer.status_code, re.sub(r'reference">\w+<|value="\w{64}"', "", text)

    with settings(other, sign_in=False):
        expected = pressed("no-such-tenant")
        assert expected[0] == 404
        assert pressed("fabrikam") == expected
        for strange in ("", "\0", "x" * 5000, "../contoso", "Contoso/"):
            assert pressed(strange) == expected


def test_the_button_is_pressed_by_our_own_page_alone(company: Company) -> None:
    client = company.browser()
    client.handler.enforce_csrf_checks = True

    assert client.post(START, {"tenant": "contoso"}).status_code == 403
    assert client.get(START).status_code == 405
