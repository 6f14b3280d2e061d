"""The sign-in test: the real way, each check shown, the decision in words, and no session."""

import re
from html import unescape

import pytest
from django.test import Client

from rollcall.accounts.models import Session
from rollcall.accounts.operations import NewAccount, add_account
from rollcall.accounts.sessions import begin_session
from rollcall.core.admission import EntryRefusal
from rollcall.oidc.checks import Check
from rollcall.portal.views.integration.sign_in_words import CHECKS, why_of
from rollcall.wiring.machine import utc_now
from tests.integration.portal.arrival import audited
from tests.integration.portal.visitors import make_client
from tests.integration.signin.company import (
    Company,
    Response,
    come_back,
    flows,
    has_session,
    sent_to,
)

LINE = re.compile(r'<span class="finding-name">(.*?)</span>.*?</svg>\s*(.*?)</span>', re.DOTALL)


def address_of(company: Company) -> str:
    return f"/t/{company.site.slug}/integration/sign-in/test"


@pytest.fixture
def administrator(company: Company) -> Client:
    """An administrator's browser, with no session of Microsoft's."""
    return browser_of(company, "administrator")


_count = iter(range(1000))


def browser_of(company: Company, role: str) -> Client:
    account = add_account(
        NewAccount(
            email=f"{role}{next(_count)}@contoso.example",
            role=role,
            tenant_id=company.site.tenant.id,
        ),
        actor="test",
    )
    token = begin_session(account, now=utc_now())
    return make_client(company.machine, token, HTTP_HOST="pbx.example")


def walk(company: Company, client: Client, person: int = 0) -> Response:
    """Press the button, sign in at Microsoft, come back."""
    address = sent_to(client.post(address_of(company)))
    return come_back(client, company.answer(address, company.people[person]))


def text_of(answer: Response) -> str:
    return unescape(re.sub(r"\s+", " ", answer.content.decode()))


def words_of(answer: Response) -> dict[str, str]:
    """Return the word beside each check."""
    found = LINE.findall(answer.content.decode())
    return {unescape(name): re.sub(r"<.*?>|\s+", " ", word).strip() for name, word in found}


def noted(company: Company) -> dict[str, object]:
    return audited(company.machine.conninfo, "sign_in.tested")[-1][2]


def test_all_checks_pass_and_nobody_is_signed_in(company: Company, administrator: Client) -> None:
    before = Session.objects.all_tenants().count()
    answer = walk(company, administrator)
    page = text_of(answer)
    assert answer.status_code == 200
    assert words_of(answer) == {str(words.name): "passed" for words in CHECKS.values()}
    assert str(company.people[0].properties["displayName"]) in page
    assert company.people[0].id in page
    assert "yes, as user" in page
    assert Session.objects.all_tenants().count() == before
    assert "__Host-session" not in answer.cookies
    assert flows(administrator) == []
    said = noted(company)
    assert (said["outcome"], said["check"]) == ("user", "")


def test_it_works_before_signing_in_is_switched_on(company: Company, administrator: Client) -> None:
    company.site.set(sign_in=False)
    try:
        page = text_of(walk(company, administrator))
    finally:
        company.site.set(sign_in=True)
    assert "no: Signing in with Microsoft is switched off for this person" in page
    assert noted(company)["outcome"] == "off"


def test_an_administrator_of_the_list_is_told_as_one(
    company: Company, administrator: Client
) -> None:
    company.list_administrators(company.people[1])
    try:
        assert "yes, as administrator of this tenant" in text_of(walk(company, administrator, 1))
    finally:
        company.list_administrators()


def test_somebody_who_is_not_selected_is_told_with_what_would_let_them_in(
    company: Company, administrator: Client
) -> None:
    company.select("except", company.people[2])
    try:
        page = text_of(walk(company, administrator, 2))
    finally:
        company.select("all")
    assert "not among those who may sign in" in page
    assert "Add the person to the selection" in page


def test_the_check_that_fails_is_red_and_those_after_it_are_not_reached(
    company: Company, administrator: Client
) -> None:
    company.simulator.bend_id_token(claims={"aud": "00000000-0000-4000-8000-000000000000"})
    answer = walk(company, administrator)
    words = words_of(answer)
    assert words[str(CHECKS[Check.AUDIENCE].name)] == "failed"
    assert words[str(CHECKS[Check.ISSUER].name)] == "passed"
    assert words[str(CHECKS[Check.NONCE].name)] == "not reached"
    assert "Compare the ids on the tab" in text_of(answer)
    assert noted(company)["check"] == "audience"


def test_an_error_of_microsoft_is_shown_at_its_check(
    company: Company, administrator: Client
) -> None:
    state = re.search(r"state=([^&]+)", sent_to(administrator.post(address_of(company))))
    assert state is not None
    answer = come_back(administrator, f"/ms365/callback?error=access_denied&state={state[1]}")
    words = words_of(answer)
    assert words[str(CHECKS[Check.ANSWER].name)] == "failed"
    assert words[str(CHECKS[Check.CODE].name)] == "not reached"
    assert "access_denied" in text_of(answer)


def test_whoever_is_no_administrator_any_more_learns_nothing(
    company: Company, administrator: Client
) -> None:
    address = sent_to(administrator.post(address_of(company)))
    back = company.answer(address, company.people[0])
    administrator.cookies.pop("__Host-session")
    answer = come_back(administrator, back)
    assert answer.status_code == 403
    assert company.people[0].id not in answer.content.decode()
    assert not has_session(administrator)


def test_a_user_and_another_tenants_administrator_find_no_such_page(
    company: Company, other: Company
) -> None:
    for client in (browser_of(company, "user"), browser_of(other, "administrator")):
        assert client.get(address_of(company)).status_code == 404
        assert client.post(address_of(company)).status_code == 404


def test_what_the_test_does_is_said_before_it_begins(
    company: Company, administrator: Client
) -> None:
    page = text_of(administrator.get(address_of(company)))
    assert "Go to Microsoft" in page
    assert "Nobody is signed in by it" in page


def test_a_test_that_cannot_begin_says_why(company: Company, administrator: Client) -> None:
    company.site.set(cloud="NOWHERE")
    try:
        answer = administrator.post(address_of(company))
    finally:
        company.site.set(cloud="SIMULATED")
    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()
    assert noted(company)["outcome"] == "not-begun"


def test_every_check_and_every_refusal_has_words() -> None:
    assert list(CHECKS) == list(Check)
    for refusal in EntryRefusal:
        assert why_of(refusal.value).why != refusal.value
    for check in Check:
        assert why_of(check.value).help
    assert "interaction_required" in why_of("microsoft-interaction_required").why
    assert why_of("from-another-version").why == "from-another-version"
