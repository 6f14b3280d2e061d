"""Codes: what they are good for, and how tests get them."""

import pytest

from tests.simulator.control import ControlCallError, Directory, Simulator, op
from tests.simulator.graph import Client, KeyPair
from tests.simulator.sign_in import Attempt, payload_of, refused_with


class TestRedeeming:
    """A code is good once, for a while, for whom it was given and with what it was asked for."""

    def test_a_code_is_good_once(self, attempt: Attempt, name: str) -> None:
        code = attempt.code(name)

        assert attempt.redeem(code).status == 200
        assert refused_with(attempt.redeem(code)) == 54005

    def test_a_code_is_good_for_ten_minutes(self, attempt: Attempt, name: str) -> None:
        simulator = attempt.client.simulator
        codes = [attempt.code(name), attempt.code(name)]
        answers = []
        for ahead, code in ((599, codes[0]), (610, codes[1])):
            simulator.set_clock(ahead)
            now = attempt.client.claims()
            shifted = {key: int(str(now[key])) + ahead for key in ("nbf", "iat", "exp")}
            assertion = attempt.client.keys.assertion(attempt.client.claims(**shifted))
            answers.append(attempt.redeem(code, client_assertion=assertion))

        assert answers[0].status == 200
        assert refused_with(answers[1]) == 70008

    @pytest.mark.parametrize(
        ("other", "code"),
        [
            ({"code_verifier": "x" * 64}, 501481),
            ({"code_verifier": None}, 501481),
            ({"redirect_uri": "https://pbx.example.com/other"}, 500112),
            ({"redirect_uri": None}, 900144),
            ({"code": "1.nothing"}, 9002313),
            ({"code": None}, 900144),
            ({"scope": "openid profile email"}, 70011),
            ({"client_assertion": None}, 7000218),
            ({"client_secret": "x"}, 7000215),
        ],
    )
    def test_a_code_is_good_with_what_it_was_asked_for(
        self, attempt: Attempt, name: str, other: dict[str, str | None], code: int
    ) -> None:
        given = attempt.code(name)

        assert refused_with(attempt.redeem(given, **other)) == code
        assert attempt.redeem(given).status == 200

    def test_a_code_is_forgotten_with_everything_else(self, attempt: Attempt, name: str) -> None:
        code = attempt.code(name)
        attempt.client.simulator.reset()

        assert refused_with(attempt.redeem(code)) == 9002313

    def test_a_verifier_belongs_to_a_challenge(self, attempt: Attempt, name: str) -> None:
        bare = {"code_challenge": None, "code_challenge_method": None}

        assert attempt.redeem(attempt.code(name, **bare), code_verifier=None).status == 200
        assert refused_with(attempt.redeem(attempt.code(name, **bare))) == 501481

    def test_a_challenge_may_be_plain(self, attempt: Attempt, name: str) -> None:
        code = attempt.code(name, code_challenge_method=None, code_challenge=attempt.verifier)

        assert attempt.redeem(code).status == 200

    def test_a_code_is_good_for_one_application(
        self, attempt: Attempt, directory: Directory, keys: KeyPair, name: str
    ) -> None:
        other = directory.add_application("other")
        other.upload(keys.pem)
        thief = Attempt(Client(attempt.client.simulator, other, keys), verifier=attempt.verifier)

        assert refused_with(thief.redeem(attempt.code(name))) == 70000

    def test_a_code_is_good_in_one_directory(
        self, attempt: Attempt, simulator: Simulator, keys: KeyPair, name: str
    ) -> None:
        [other] = simulator.add_directory("empty:elsewhere").applications
        other.upload(keys.pem)
        elsewhere = Attempt(Client(simulator, other, keys), verifier=attempt.verifier)

        assert refused_with(elsewhere.redeem(attempt.code(name))) == 700005

    def test_nothing_is_redeemed_for_all_directories(self, attempt: Attempt, name: str) -> None:
        url = f"{attempt.client.simulator.login}/common/oauth2/v2.0/token"

        assert refused_with(attempt.redeem(attempt.code(name), url=url)) == 50194

    def test_a_browser_cannot_redeem_the_code_of_a_web_application(
        self, attempt: Attempt, name: str
    ) -> None:
        client = attempt.client
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": "https://pbx.example.com",
        }

        body = b"grant_type=authorization_code&code=x"

        assert refused_with(client.call("POST", client.token_url, headers, body)) == 9002326

    def test_somebody_who_was_blocked_meanwhile_is_refused(
        self, attempt: Attempt, directory: Directory, name: str
    ) -> None:
        codes = attempt.code(name), attempt.code(name)
        directory.change(op("disable", user=name))
        assert refused_with(attempt.redeem(codes[0])) == 50057

        directory.change(op("delete_user", user=name))

        assert refused_with(attempt.redeem(codes[1])) == 50034


class TestWithoutABrowser:
    """The call of the control interface that gives a code."""

    def test_a_session_can_be_named(self, attempt: Attempt, name: str) -> None:
        signed_in = attempt.client.simulator.sign_in(attempt.url(), name, sid="my session")

        assert signed_in.sid == "my session"
        assert signed_in.state == attempt.state
        token = attempt.redeem(signed_in.code).json["id_token"]
        assert payload_of(token)["sid"] == "my session"

    @pytest.mark.parametrize(
        ("other", "said"),
        [
            ({"redirect_uri": "https://evil.example/"}, "AADSTS50011"),
            ({"scope": "profile"}, "AADSTS70011"),
            ({"tenant": "common"}, "AADSTS50194"),
            ({"tenant": "a/b"}, "not an address"),
        ],
    )
    def test_it_refuses_what_the_pages_refuse(
        self, attempt: Attempt, name: str, other: dict[str, str], said: str
    ) -> None:
        with pytest.raises(ControlCallError, match=said):
            attempt.client.simulator.sign_in(attempt.url(**other), name)

    def test_people_are_checked_as_at_the_pages(
        self, attempt: Attempt, directory: Directory, name: str
    ) -> None:
        directory.change(op("disable", user=name))

        for who, said in ((name, "AADSTS50057"), ("nobody", "AADSTS50034")):
            with pytest.raises(ControlCallError, match=said):
                attempt.client.simulator.sign_in(attempt.url(), who)
