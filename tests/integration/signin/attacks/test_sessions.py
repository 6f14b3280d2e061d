"""Attacks on sessions: planted ones, borrowed ones, guessed ends, and two answers at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Final
from uuid import uuid4

import pytest
from django.db import connections

from rollcall.web.identity import COOKIE
from tests.integration.signin.attacks.arena import Arena
from tests.integration.signin.attacks.browser import TESTED, Browser
from tests.integration.signin.attacks.ledger import Since

LOGOUT: Final = "/ms365/logout"
AT_ONCE: Final = 8


def test_a_session_cookie_planted_before_is_never_used(arena: Arena) -> None:
    """Session fixation: the attacker knows the cookie that the victim brings along."""
    person = arena.somebody()
    planted = "A" * 43
    victim = Browser(arena)
    victim.plant(COOKIE, planted)
    arena.enters(arena.ours, person, browser=victim)
    assert victim.session != planted
    attacker = Browser(arena)
    attacker.plant(COOKIE, planted)
    assert arena.who(attacker) is None


def test_a_session_of_the_attackers_own_does_not_become_the_victims(arena: Arena) -> None:
    """Session fixation with a living session: it ends, and the victim's is another one."""
    attacker, person = arena.somebody(), arena.somebody()
    evil = arena.enters(arena.ours, attacker)
    token = evil.session
    victim = Browser(arena)
    victim.plant(COOKIE, token)
    flight = victim.start(arena.ours)
    victim.come_back({"code": arena.code_for(flight, person), "state": flight.state})
    assert victim.session != token
    assert arena.who(evil) is None, "the planted session ended"
    found = arena.who(victim)
    assert found is not None
    assert found.name == person.name


def test_a_flow_cookie_planted_by_the_attacker_enters_as_the_attacker_only_with_all_of_it(
    arena: Arena,
) -> None:
    """The attacker's flow cookie in the victim's browser, but the victim's code: the nonce and the
    verifier are the attacker's, and Microsoft gives nothing for them."""
    attacker, person = arena.somebody(), arena.somebody()
    arena.enters(arena.ours, person)
    evil = Browser(arena)
    flight = evil.start(arena.ours)
    victim = Browser(arena)
    own = victim.start(arena.ours)
    victim.plant(flight.cookie, evil.cookie(flight.cookie))
    with arena.refuses("redemption", "code") as attempt:
        attempt.answer = victim.come_back(
            {"code": arena.code_for(own, person), "state": flight.state}
        )
    assert attacker.object_id != person.object_id


def test_a_session_of_one_tenant_opens_no_page_of_another(arena: Arena) -> None:
    """Cross-tenant cookie: a session by Microsoft is one of its own tenant's, there alone."""
    ours, theirs = arena.somebody(), arena.somebody(arena.theirs)
    browser = arena.enters(arena.ours, ours)
    other = arena.enters(arena.theirs, theirs)
    for path in ("colleagues", "extensions", "integration", "company-contacts"):
        there = other.get(f"/t/{arena.theirs.slug}/{path}")
        foreign = browser.get(f"/t/{arena.theirs.slug}/{path}")
        nothing = browser.get(f"/t/no-such-tenant/{path}")
        assert foreign.status_code == nothing.status_code == 404, (path, there.status_code)
    assert other.get(f"/t/{arena.theirs.slug}/colleagues").status_code == 200


def test_a_session_of_one_tenant_opens_no_page_of_its_twin(arena: Arena) -> None:
    """Cross-tenant cookie, within one directory: the same person has a session for each tenant."""
    person = arena.somebody()
    browser = arena.enters(arena.ours, person)
    twin = arena.enters(arena.twin, person)
    assert browser.get(f"/t/{arena.twin.slug}/colleagues").status_code == 404
    assert twin.get(f"/t/{arena.ours.slug}/colleagues").status_code == 404
    assert twin.get(f"/t/{arena.twin.slug}/colleagues").status_code == 200


def test_a_flow_cookie_is_no_session(arena: Arena) -> None:
    """What is signed for the way in opens no page."""
    browser = Browser(arena)
    flight = browser.start(arena.ours)
    for value in (browser.cookie(flight.cookie), flight.state, flight.nonce):
        fresh = Browser(arena)
        fresh.plant(COOKIE, value)
        assert fresh.get("/account/").status_code == 303


def test_of_two_answers_at_once_one_begins_a_session(arena: Arena) -> None:
    """Race of two callbacks, really at the same time: one code, one state, one session."""
    person = arena.somebody()
    first = Browser(arena)
    flight = first.start(arena.ours)
    kept = first.cookie(flight.cookie)
    answer = {"code": arena.code_for(flight, person), "state": flight.state}
    since = Since.now(arena.database)
    gate = Barrier(AT_ONCE)

    def come(_number: int) -> tuple[int, str]:
        browser = Browser(arena)
        browser.plant(flight.cookie, kept)
        gate.wait()
        try:
            return browser.come_back(answer).status_code, browser.session
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        came = list(pool.map(come, range(AT_ONCE)))
    entered = [session for _, session in came if session]
    assert len(entered) == 1, came
    assert len(since.new_sessions) == 1
    assert len(since.new_accounts) <= 1
    actions = sorted(line.action for line in since.lines("sign_in"))
    assert actions == ["sign_in.refused"] * (AT_ONCE - 1) + ["sign_in.succeeded"]


def test_of_a_first_sign_in_by_two_tabs_at_once_one_account_is_made(arena: Arena) -> None:
    """Race of two first sign-ins of one person: two sessions, and one account."""
    person = arena.somebody()
    flights = []
    for _ in range(4):
        browser = Browser(arena)
        flight = browser.start(arena.ours)
        flights.append((browser, flight, arena.code_for(flight, person)))
    since = Since.now(arena.database)
    gate = Barrier(len(flights))

    def come(index: int) -> str:
        browser, flight, code = flights[index]
        gate.wait()
        try:
            browser.come_back({"code": code, "state": flight.state})
            return browser.session
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(flights)) as pool:
        sessions = list(pool.map(come, range(len(flights))))
    assert all(sessions)
    assert len(set(sessions)) == len(flights)
    assert len(since.new_accounts) == 1


def test_nobody_ends_others_sessions_by_guessing(arena: Arena) -> None:
    """Front-channel logout: without the right session id of Microsoft's, nothing ends."""
    person = arena.somebody()
    browser = arena.enters(arena.ours, person)
    issuer = f"{arena.simulator.login}/{arena.ours.directory.directory_id}/v2.0"
    stranger = Browser(arena)
    guesses = (
        "",
        "sid=",
        f"sid={uuid4()}",
        f"sid={uuid4()}&iss={issuer}",
        f"iss={issuer}",
        f"sid={person.object_id}&iss={issuer}",
        "sid=%25&iss=%25",
        "sid=" + "a" * 10_000,
        "sid=a&sid=b",
        "sid=%00",
    )
    for guess in guesses:
        answer = stranger.get(f"{LOGOUT}?{guess}")
        assert answer.status_code == 200, guess
        assert answer.headers["Cache-Control"] == "no-store"
    assert arena.who(browser) is not None


def test_a_logout_of_another_directory_ends_nobodys_session(arena: Arena) -> None:
    """Front-channel logout: a session id counts together with the directory that gave it."""
    person = arena.somebody()
    browser = Browser(arena)
    flight = browser.start(arena.ours)
    sid = "0c8e1a0e-2f1b-4a53-9a2c-6a4f6d1c7b10"
    code = arena.code_for(flight, person, sid=sid)
    browser.come_back({"code": code, "state": flight.state})
    assert arena.who(browser) is not None
    foreign = f"{arena.simulator.login}/{arena.theirs.directory.directory_id}/v2.0"
    own = f"{arena.simulator.login}/{arena.ours.directory.directory_id}/v2.0"
    stranger = Browser(arena)
    stranger.get(f"{LOGOUT}?sid={sid}&iss={foreign}")
    assert arena.who(browser) is not None
    stranger.get(f"{LOGOUT}?sid={sid}&iss={own}")
    assert arena.who(browser) is None, "the valid twin ends it"


@pytest.mark.parametrize("path", ["/account/", "/"])
def test_an_ended_session_does_not_come_back(arena: Arena, path: str) -> None:
    """The cookie of a session that was ended opens nothing."""
    browser = arena.enters(arena.ours, arena.somebody())
    token = browser.session
    browser.post("/sign-out", {})
    again = Browser(arena)
    again.plant(COOKIE, token)
    assert again.get(path).status_code == 303
    assert arena.who(again) is None


def test_a_sign_in_test_signs_nobody_in(arena: Arena) -> None:
    """An administrator tests the sign-in: whoever comes back, the session stays the one it was."""
    person = arena.somebody()
    boss = arena.administrator(arena.ours, "tester@rollcall.example")
    token = boss.session
    flight = boss.begin_test(arena.ours)
    with arena.turns_away(200) as attempt:
        attempt.answer = boss.come_back(
            {"code": arena.code_for(flight, person), "state": flight.state}
        )
    assert boss.session == token
    assert not attempt.since.new_accounts
    arena.enters(arena.ours, person)


def test_the_result_of_a_sign_in_test_is_for_its_administrator_alone(arena: Arena) -> None:
    """The cookie of a test in another browser shows nothing, and its answer is good once."""
    person = arena.somebody()
    boss = arena.administrator(arena.ours, "tester2@rollcall.example")
    flight = boss.begin_test(arena.ours)
    answer = {"code": arena.code_for(flight, person), "state": flight.state}
    for thief in (Browser(arena), arena.enters(arena.theirs, arena.somebody(arena.theirs))):
        own = boss.begin_test(arena.ours)
        thief.plant(own.cookie, boss.cookie(own.cookie))
        code = arena.code_for(own, person)
        with arena.turns_away(403) as attempt:
            attempt.answer = thief.come_back({"code": code, "state": own.state})
        text = attempt.answer.content.decode()
        assert person.object_id not in text
        assert person.name not in text
    assert boss.come_back(answer).status_code == 200
    with arena.refuses("state") as attempt:
        attempt.answer = boss.come_back(answer)


def test_a_test_is_begun_by_nobody_but_an_administrator_of_the_tenant(arena: Arena) -> None:
    """Who may not see the tab may not begin its test."""
    user = arena.enters(arena.ours, arena.somebody())
    foreign = arena.administrator(arena.theirs, "foreign@rollcall.example")
    for who in (user, foreign, Browser(arena)):
        answer = who.post(f"/t/{arena.ours.slug}{TESTED}", {})
        assert answer.status_code in {303, 404}
        assert not who.flows
