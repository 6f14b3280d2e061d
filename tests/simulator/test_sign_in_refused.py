"""What the sign-in pages refuse: on a page, or told to the application."""

import pytest

from tests.simulator.control import Directory, Simulator, op
from tests.simulator.shown import UserTruth
from tests.simulator.sign_in import CALLBACK, Attempt, Browser, members


class TestRefusedOnAPage:
    """What the application is never told."""

    @pytest.mark.parametrize(
        ("other", "code"),
        [
            ({"redirect_uri": "https://pbx.example.com/MS365/callback"}, 50011),
            ({"redirect_uri": CALLBACK + "/"}, 50011),
            ({"redirect_uri": CALLBACK + "?x=1"}, 50011),
            ({"redirect_uri": "https://pbx.example.com:444/ms365/callback"}, 50011),
            ({"redirect_uri": "https://evil.example/ms365/callback"}, 50011),
            ({"redirect_uri": "https://pbx.example.com@evil.example/ms365/callback"}, 50011),
            ({"redirect_uri": "http://[broken"}, 50011),
            ({"redirect_uri": None}, 900971),
            ({"client_id": "6b2f9c0e-0000-4000-8000-000000000000"}, 700016),
            ({"client_id": None}, 900144),
            ({"tenant": "nowhere.example"}, 90002),
            ({"tenant": "common"}, 50194),
            ({"tenant": "organizations"}, 50194),
        ],
    )
    def test_a_request_that_may_not_be_answered_there(
        self, attempt: Attempt, browser: Browser, other: dict[str, str], code: int
    ) -> None:
        page = browser.open(attempt.url(**other))

        assert (page.status, page.location) == (400, "")
        assert page.said.startswith(f"AADSTS{code}: ")

    def test_a_parameter_that_is_there_twice(self, attempt: Attempt, browser: Browser) -> None:
        page = browser.open(f"{attempt.url()}&state=other")

        assert page.said.startswith("AADSTS9000411: ")

    def test_a_directory_of_another_cloud(
        self, attempt: Attempt, browser: Browser, simulator: Simulator
    ) -> None:
        other = simulator.add_directory(kind="empty", name="gov", cloud="usgov-l4")

        page = browser.open(attempt.url(tenant=other.directory_id))

        assert page.said.startswith("AADSTS90038: ")
        assert "microsoftonline.us" in page.said

    def test_an_application_that_is_switched_off(self, attempt: Attempt, browser: Browser) -> None:
        attempt.client.application.set_enabled(enabled=False)

        assert browser.open(attempt.url()).said.startswith("AADSTS7000112: ")

    def test_an_account_that_is_not_there(
        self, attempt: Attempt, browser: Browser, simulator: Simulator
    ) -> None:
        foreign = members(simulator.add_directory("people:5,name=elsewhere"))[0]

        for account, code in (
            ("nobody@people40.example", 50034),
            ("", 50034),
            (foreign.properties["userPrincipalName"], 50020),
        ):
            page = browser.sign_in(attempt, account)
            assert page.said.startswith(f"AADSTS{code}: ")
            assert page.field("account") == account

    def test_an_object_id_is_not_what_one_signs_in_with(
        self, attempt: Attempt, browser: Browser, person: UserTruth
    ) -> None:
        assert browser.sign_in(attempt, person.id).said.startswith("AADSTS50034: ")

    def test_a_wrong_password(self, attempt: Attempt, browser: Browser, name: str) -> None:
        page = browser.open(attempt.url())

        for password in ("wrong", ""):
            again = browser.press(page, answer="next", account=name, password=password)
            assert again.said.startswith("AADSTS50126: ")
        attempt.client.simulator.set(wrong_password="right")
        assert browser.sign_in(attempt, name).said.startswith("AADSTS50126: ")

    def test_an_account_that_is_blocked_also_when_it_is_signed_in(
        self, attempt: Attempt, browser: Browser, directory: Directory, name: str
    ) -> None:
        browser.sign_in(attempt, name)
        directory.change(op("disable", user=name))

        assert browser.open(attempt.url(login_hint=name)).said.startswith("AADSTS50057: ")
        assert browser.sign_in(attempt, name).said.startswith("AADSTS50057: ")

    def test_somebody_who_is_not_assigned(
        self, attempt: Attempt, browser: Browser, person: UserTruth, name: str
    ) -> None:
        application = attempt.client.application
        application.register(CALLBACK, assignment_required=True)
        assert browser.sign_in(attempt, name).said.startswith("AADSTS50105: ")

        application.register(CALLBACK, assigned=[person.id])

        assert browser.sign_in(attempt, name).told["code"]

    def test_conditional_access_by_a_fault(self, attempt: Attempt, browser: Browser) -> None:
        attempt.client.simulator.fault("aadsts", host="login", path="/authorize", code=53003)

        assert browser.open(attempt.url()).said.startswith("AADSTS53003: ")

    def test_what_is_typed_is_shown_as_text(self, attempt: Attempt, browser: Browser) -> None:
        typed = '"><script>alert(1)</script>' + "x" * 300

        page = browser.sign_in(attempt, typed, state='"><script>')

        assert "<script" not in page.text
        assert page.field("account") == typed


@pytest.mark.parametrize(
    ("other", "error", "code"),
    [
        ({"response_type": "id_token"}, "unsupported_response_type", 700054),
        ({"response_type": "code id_token"}, "unsupported_response_type", 700054),
        ({"response_type": "token"}, "unsupported_response_type", 700051),
        ({"response_type": "none"}, "unsupported_response_type", 70005),
        ({"response_type": None}, "invalid_request", 900144),
        ({"response_mode": "web_message"}, "invalid_request", 70007),
        ({"scope": "profile"}, "invalid_scope", 70011),
        ({"scope": "openid Mail.Read"}, "invalid_scope", 70011),
        ({"scope": None}, "invalid_request", 900144),
        ({"prompt": "maybe"}, "invalid_request", 90023),
        ({"prompt": "select_account", "login_hint": "a@b.example"}, "invalid_request", 90023),
        ({"code_challenge_method": "S512"}, "invalid_request", 50149),
        ({"code_challenge": "short"}, "invalid_request", 501491),
        ({"code_challenge": None}, "invalid_request", 900144),
    ],
)
def test_the_application_is_told_what_it_asked_wrong(
    attempt: Attempt, browser: Browser, other: dict[str, str | None], error: str, code: int
) -> None:
    back = browser.open(attempt.url(**other))

    assert back.status == 302
    assert back.location.startswith(f"{CALLBACK}?")
    assert back.told["error"] == error
    assert back.told["error_description"].startswith(f"AADSTS{code}: ")
    assert back.told["state"] == attempt.state


def test_a_fault_of_microsoft_comes_back_to_the_application(
    attempt: Attempt, browser: Browser
) -> None:
    attempt.client.simulator.fault("aadsts", host="login", path="/authorize", code=90033)

    assert browser.open(attempt.url()).told["error"] == "temporarily_unavailable"
