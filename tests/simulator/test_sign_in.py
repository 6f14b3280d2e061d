"""Signing in at the simulator: the pages, the code, the token, and every way to be refused."""

from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.simulator.control import Directory, Simulator
from tests.simulator.graph import Client, KeyPair
from tests.simulator.shown import UserTruth
from tests.simulator.sign_in import CALLBACK, Attempt, Browser, members, payload_of

ALWAYS = {
    *("aud", "iss", "iat", "nbf", "exp", "aio", "name", "nonce", "oid", "preferred_username"),
    *("rh", "sid", "sub", "tid", "uti", "ver"),
}


def test_somebody_signs_in_and_the_application_learns_who_it_is(
    attempt: Attempt, browser: Browser, person: UserTruth, name: str
) -> None:
    page = browser.open(attempt.url(login_hint=name))
    assert page.title == "Sign in"
    assert page.field("account") == name

    back = browser.press(page, answer="next", account=name, password="right")

    assert back.status == 302
    assert back.location.startswith(f"{CALLBACK}?code=")
    assert back.told["state"] == attempt.state
    answer = attempt.redeem(back.told["code"])
    assert answer.status == 200
    claims = payload_of(answer.json["id_token"])
    assert claims["oid"] == person.id
    assert claims["nonce"] == attempt.nonce
    assert claims["sid"] == back.told["session_state"]
    assert claims["preferred_username"] == name
    assert "refresh_token" not in answer.json


def test_the_id_token_is_what_discovery_promises(
    attempt: Attempt, directory: Directory, person: UserTruth
) -> None:
    client = attempt.client
    home = f"{client.simulator.login}/{directory.directory_id}"
    document = client.call("GET", f"{home}/v2.0/.well-known/openid-configuration", {}).json
    answer = attempt.redeem(attempt.code(person.id)).json
    published = client.call("GET", document["jwks_uri"], {}).json

    token = jwt.decode(answer["id_token"], KeySet.import_key_set(published), algorithms=["RS256"])

    assert set(token.claims) == ALWAYS
    assert token.claims["iss"] == document["issuer"]
    assert token.claims["aud"] == client.application.application_id
    assert token.claims["tid"] == directory.directory_id
    assert token.claims["ver"] == "2.0"
    assert token.claims["iat"] == token.claims["nbf"] < token.claims["exp"]
    assert set(token.header) == {"typ", "alg", "kid"}
    assert set(answer) == {
        *("token_type", "scope", "expires_in", "ext_expires_in", "access_token", "id_token")
    }


def test_an_access_token_of_somebody_opens_nothing(attempt: Attempt, person: UserTruth) -> None:
    token = attempt.redeem(attempt.code(person.id)).json["access_token"]

    answer = attempt.client.get("/users", Authorization=f"Bearer {token}")

    assert answer.status == 401


def test_the_same_person_is_another_subject_to_another_application(
    attempt: Attempt, directory: Directory, person: UserTruth, keys: KeyPair, simulator: Simulator
) -> None:
    other = directory.add_application("other")
    other.upload(keys.pem)
    other.register(CALLBACK)

    here, again = attempt.claims(person.id), attempt.claims(person.id)
    there = Attempt(Client(simulator, other, keys)).claims(person.id)

    assert here["sub"] == again["sub"] != there["sub"]
    assert here["oid"] == there["oid"]


def test_without_the_profile_scope_nobody_is_named(attempt: Attempt, person: UserTruth) -> None:
    claims = attempt.claims(person.id, scope="openid")

    assert not {"oid", "name", "preferred_username"} & set(claims)
    assert claims["sub"]


def test_optional_claims_come_when_they_are_ticked(attempt: Attempt, person: UserTruth) -> None:
    attempt.client.application.register(
        CALLBACK, optional_claims=["acct", "email", "login_hint", "upn", "xms_edov"]
    )

    claims = attempt.claims(person.id)

    assert claims["email"] == person.properties["mail"]
    assert claims["upn"] == person.properties["userPrincipalName"]
    assert (claims["acct"], claims["xms_edov"]) == (0, True)
    assert claims["login_hint"] != claims["upn"]


def test_a_guest_signs_in_with_the_address_at_home_and_an_id_of_this_directory(
    attempt: Attempt, browser: Browser, directory: Directory
) -> None:
    guest = next(one for one in directory.users() if one.properties["userType"] == "Guest")

    back = browser.sign_in(attempt, guest.properties["mail"])
    claims = payload_of(attempt.redeem(back.told["code"]).json["id_token"])

    assert claims["oid"] == guest.id
    assert claims["tid"] == directory.directory_id
    assert claims["email"] == claims["preferred_username"] == guest.properties["mail"]
    assert claims["idp"]


def test_offline_access_brings_a_refresh_token(attempt: Attempt, person: UserTruth) -> None:
    code = attempt.code(person.id, scope="openid profile offline_access")

    answer = attempt.redeem(code, scope="openid profile offline_access").json

    assert answer["refresh_token"]
    assert answer["scope"] == "openid profile"


def test_the_code_may_come_in_the_fragment_or_by_a_form(
    attempt: Attempt, browser: Browser, name: str
) -> None:
    back = browser.sign_in(attempt, name, response_mode="fragment")
    assert parse_qs(urlsplit(back.location).fragment)["state"] == [attempt.state]

    page = browser.sign_in(attempt, name, response_mode="form_post")

    assert (page.status, page.action) == (200, CALLBACK)
    assert page.field("state") == attempt.state
    assert attempt.redeem(page.field("code")).status == 200


def test_a_redirect_uri_with_a_query_keeps_it_and_one_without_a_path_gets_one(
    attempt: Attempt, name: str
) -> None:
    simulator, uris = attempt.client.simulator, ("https://a.example", "https://a.example/x?y=1")
    attempt.client.application.register(*uris)

    found = [simulator.sign_in(attempt.url(redirect_uri=uri), name).redirect for uri in uris]

    assert found[0].startswith("https://a.example/?code=")
    assert found[1].startswith("https://a.example/x?y=1&code=")


def test_on_localhost_the_port_does_not_count(attempt: Attempt, name: str) -> None:
    attempt.client.application.register("http://localhost/callback")

    signed_in = attempt.client.simulator.sign_in(
        attempt.url(redirect_uri="http://localhost:8123/callback"), name
    )

    assert signed_in.redirect.startswith("http://localhost:8123/callback?code=")


class TestWhoIsThere:
    """The simulator's own session: who is picked, who is asked."""

    def test_the_second_time_somebody_is_picked(
        self, attempt: Attempt, browser: Browser, person: UserTruth, name: str
    ) -> None:
        browser.sign_in(attempt, name)

        page = browser.open(attempt.url())
        assert page.title == "Pick an account"
        assert name in page.text
        back = browser.press(page, account=person.id)

        assert payload_of(attempt.redeem(back.told["code"]).json["id_token"])["oid"] == person.id

    def test_a_hint_that_names_who_is_there_asks_nothing(
        self, attempt: Attempt, browser: Browser, name: str
    ) -> None:
        attempt.client.application.register(CALLBACK, optional_claims=["login_hint"])
        first = browser.sign_in(attempt, name)
        hint = payload_of(attempt.redeem(first.told["code"]).json["id_token"])["login_hint"]

        for given in (name.upper(), hint):
            back = browser.open(attempt.url(login_hint=given))
            assert back.told["session_state"] == first.told["session_state"]

    def test_the_only_one_is_not_asked_where_that_is_set(
        self, attempt: Attempt, browser: Browser, name: str
    ) -> None:
        attempt.client.simulator.set(silent_sign_on=True)
        browser.sign_in(attempt, name)

        assert browser.open(attempt.url()).told["code"]

    def test_another_account_can_be_used_beside_the_first(
        self, attempt: Attempt, browser: Browser, directory: Directory
    ) -> None:
        names = [one.properties["userPrincipalName"] for one in members(directory)[:2]]
        for each in names:
            browser.sign_in(attempt, each)

        page = browser.open(attempt.url(prompt="select_account"))

        assert all(each in page.text for each in names)
        assert browser.press(page, answer="another").field("account") == ""

    def test_prompt_login_asks_again_and_keeps_the_session(
        self, attempt: Attempt, browser: Browser, name: str
    ) -> None:
        first = browser.sign_in(attempt, name)

        page = browser.open(attempt.url(prompt="login", login_hint=name))
        assert page.title == "Sign in"
        again = browser.press(page, answer="next", account=name, password="right")

        assert again.told["session_state"] == first.told["session_state"]

    def test_prompt_none_never_shows_a_page(
        self, attempt: Attempt, browser: Browser, directory: Directory, name: str
    ) -> None:
        assert browser.open(attempt.url(prompt="none")).told["error"] == "login_required"
        browser.sign_in(attempt, name)
        assert browser.open(attempt.url(prompt="none")).told["code"]

        other = members(directory)[1].properties["userPrincipalName"]
        hinted = browser.open(attempt.url(prompt="none", login_hint=other))
        assert hinted.told["error"] == "login_required"
        browser.sign_in(attempt, other)

        assert browser.open(attempt.url(prompt="none")).told["error"] == "interaction_required"

    def test_nobody_can_be_picked_who_did_not_sign_in(
        self, attempt: Attempt, browser: Browser, person: UserTruth
    ) -> None:
        page = browser.open(attempt.url())

        for form in ({"account": person.id}, {"answer": "accept", "chosen": person.id}):
            assert browser.press(page, **form).told["error"] == "login_required"

    def test_cancel_goes_back_and_says_so(self, attempt: Attempt, browser: Browser) -> None:
        back = browser.press(browser.open(attempt.url()), answer="cancel")

        assert back.told["error"] == "access_denied"
        assert back.told["error_description"] == "the user canceled the authentication"
        assert back.told["state"] == attempt.state


class TestConsent:
    """Whether people may consent, and whether they did."""

    @pytest.fixture(autouse=True)
    def nothing_granted(self, attempt: Attempt, directory: Directory) -> None:
        attempt.client.application.register(CALLBACK, delegated=[])
        directory.set_user_consent("asked")

    def test_somebody_is_asked_once(self, attempt: Attempt, browser: Browser, name: str) -> None:
        page = browser.sign_in(attempt, name)
        assert page.title == "Permissions requested"

        back = browser.press(page, answer="accept", chosen=page.field("chosen"))
        assert back.told["code"]

        assert browser.sign_in(attempt, name).told["code"]

    def test_somebody_declines_to_consent(
        self, attempt: Attempt, browser: Browser, name: str
    ) -> None:
        back = browser.press(browser.sign_in(attempt, name), answer="decline")

        assert back.told["error"] == "access_denied"
        assert back.told["error_description"].startswith("AADSTS65004: ")

    def test_only_an_administrator_can_consent_where_users_may_not(
        self, attempt: Attempt, browser: Browser, directory: Directory, name: str
    ) -> None:
        directory.set_user_consent("disabled")
        page = browser.sign_in(attempt, name)
        assert (page.status, page.title) == (403, "Need admin approval")
        assert page.said.startswith("AADSTS90094: ")
        assert (
            browser.open(attempt.url(prompt="none"))
            .told["error_description"]
            .startswith("AADSTS65001: ")
        )

        attempt.client.application.register(CALLBACK, delegated=["openid", "profile"])

        assert browser.sign_in(attempt, name).told["code"]

    def test_prompt_consent_asks_again(self, attempt: Attempt, browser: Browser, name: str) -> None:
        attempt.client.application.register(CALLBACK, delegated=["openid", "profile"])

        page = browser.sign_in(attempt, name, prompt="consent")

        assert page.title == "Permissions requested"
