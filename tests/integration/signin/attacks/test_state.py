"""Attacks on what binds an answer of Microsoft's to the browser that asked: state and cookie."""

from datetime import timedelta
from typing import Final

import pytest
from django.core import signing
from django.test import override_settings

from rollcall.portal.views.integration.consent import sign_state
from tests.integration.signin.attacks.arena import Arena, check_cookie
from tests.integration.signin.attacks.browser import CALLBACK, FLOW, SHORT, Browser, Flight
from tests.integration.signin.attacks.clock import at
from tests.integration.signin.attacks.ground import Person
from tests.integration.signin.attacks.ledger import Since

QUARTER: Final = timedelta(minutes=15)


def _answer(arena: Arena, flight: Flight, person: Person) -> dict[str, str]:
    return {"code": arena.code_for(flight, person), "state": flight.state}


def test_a_victims_browser_does_not_enter_with_the_attackers_answer(arena: Arena) -> None:
    """Login CSRF: the victim is led to the callback with state and code of the attacker."""
    attacker = arena.somebody()
    evil = Browser(arena)
    flight = evil.start(arena.ours)
    answer = _answer(arena, flight, attacker)
    victim = Browser(arena)
    with arena.refuses("state") as attempt:
        attempt.answer = victim.come_back(answer)
    assert not victim.session
    # The attacker's own browser may use it still: it is the same answer.
    arena.completes(evil, answer, arena.ours, attacker)


def test_a_victims_browser_with_a_sign_in_of_its_own_is_no_better(arena: Arena) -> None:
    """Login CSRF again, while the victim has the cookie of another sign-in under way."""
    attacker, person = arena.somebody(), arena.somebody()
    flight = Browser(arena).start(arena.ours)
    answer = _answer(arena, flight, attacker)
    victim = Browser(arena)
    own = victim.start(arena.ours)
    with arena.refuses("state") as attempt:
        attempt.answer = victim.come_back(answer)
    assert own.cookie in victim.flows, "a foreign answer must not end one's own sign-in"
    victim.come_back(_answer(arena, own, person))
    assert victim.session


def test_a_cookie_under_the_name_of_another_state_is_refused(arena: Arena) -> None:
    """The victim's own cookie is renamed so that the attacker's state finds it."""
    person = arena.somebody()
    arena.enters(arena.ours, person)
    flight = Browser(arena).start(arena.ours)
    answer = _answer(arena, flight, person)
    victim = Browser(arena)
    own = victim.start(arena.ours)
    victim.plant(flight.cookie, victim.cookie(own.cookie))
    with arena.refuses("state") as attempt:
        attempt.answer = victim.come_back(answer)


def test_a_state_that_only_begins_like_the_cookies_is_refused(arena: Arena) -> None:
    """The cookie's name holds the beginning of the state alone."""
    person = arena.somebody()
    browser = Browser(arena)
    flight = browser.start(arena.ours)
    answer = _answer(arena, flight, person)
    bent = flight.state[:SHORT] + flight.state[SHORT:][::-1]
    with arena.refuses("state") as attempt:
        attempt.answer = browser.come_back({**answer, "state": bent})


def test_an_answer_without_the_cookie_is_refused(arena: Arena) -> None:
    """The state is right, and the cookie gone."""
    person = arena.somebody()
    arena.enters(arena.ours, person)
    browser = Browser(arena)
    flight = browser.start(arena.ours)
    answer = _answer(arena, flight, person)
    browser.client.cookies.clear()
    with arena.refuses("state") as attempt:
        attempt.answer = browser.come_back(answer)


def test_an_answer_without_a_state_is_refused(arena: Arena) -> None:
    """A code alone says nothing of who asked for it."""
    person = arena.somebody()
    arena.enters(arena.ours, person)
    browser = Browser(arena)
    flight = browser.start(arena.ours)
    answer = _answer(arena, flight, person)
    for state in ({}, {"state": ""}):
        with arena.refuses("state", "answer") as attempt:
            attempt.answer = browser.come_back({"code": answer["code"], **state})


def test_a_cookie_signed_with_another_key_is_refused(arena: Arena) -> None:
    """The attacker makes a cookie that says what the attacker likes."""
    person = arena.somebody()
    arena.enters(arena.ours, person)
    browser = Browser(arena)
    with override_settings(SECRET_KEY="made up", SECRET_KEY_FALLBACKS=[]):
        flight = browser.start(arena.ours)
    answer = _answer(arena, flight, person)
    with arena.refuses("state") as attempt:
        attempt.answer = browser.come_back(answer)


@pytest.mark.parametrize("salt", ["rollcall.portal.consent", "rollcall.web.visitors"])
def test_a_cookie_that_was_signed_for_something_else_is_refused(arena: Arena, salt: str) -> None:
    """Other things of ours are signed by the same key: each has its own salt."""
    person = arena.somebody()
    browser = Browser(arena)
    flight = browser.start(arena.ours)
    answer = _answer(arena, flight, person)
    browser.plant(flight.cookie, signing.dumps({"state": flight.state}, salt=salt))
    with arena.refuses("state") as attempt:
        attempt.answer = browser.come_back(answer)


def test_a_state_signed_for_admin_consent_signs_nobody_in(arena: Arena) -> None:
    """Consent answers come to the same address, with a signed state of another kind."""
    person = arena.somebody()
    browser = arena.enters(arena.ours, person)
    fresh = Browser(arena)
    flight = fresh.start(arena.ours)
    code = arena.code_for(flight, person)
    for who, status in ((fresh, 303), (browser, 302)):
        before = who.session
        with arena.turns_away(status) as attempt:
            attempt.answer = who.come_back({"code": code, "state": sign_state(arena.ours.slug)})
        assert who.session == before


def test_a_cookie_older_than_a_quarter_of_an_hour_is_refused(arena: Arena) -> None:
    """Somebody finds a sign-in that was left open, and goes on with it."""
    person = arena.somebody()
    arena.enters(arena.ours, person)
    browser = Browser(arena)
    with at(-QUARTER - timedelta(seconds=5)):
        flight = browser.start(arena.ours)
    answer = _answer(arena, flight, person)
    with arena.refuses("state") as attempt:
        attempt.answer = browser.come_back(answer)
    # Just within the time, the same one works.
    with at(-QUARTER + timedelta(minutes=1)):
        flight = browser.start(arena.ours)
    browser.come_back(_answer(arena, flight, person))
    assert browser.session


def test_a_state_is_good_for_one_answer(arena: Arena) -> None:
    """Replayed state: the whole answer is sent again, with the cookie of the first time."""
    person = arena.somebody()
    browser = Browser(arena)
    flight = browser.start(arena.ours)
    kept = browser.cookie(flight.cookie)
    answer = _answer(arena, flight, person)
    browser.come_back(answer)
    assert browser.session
    assert flight.cookie not in browser.flows
    replay = Browser(arena)
    replay.plant(flight.cookie, kept)
    with arena.refuses("state") as attempt:
        attempt.answer = replay.come_back(answer)
    assert not replay.session


def test_a_state_is_good_for_one_answer_even_with_a_fresh_code(arena: Arena) -> None:
    """Replayed state with another code that the attacker got for the same request."""
    person = arena.somebody()
    browser = Browser(arena)
    flight = browser.start(arena.ours)
    kept = browser.cookie(flight.cookie)
    browser.come_back(_answer(arena, flight, person))
    assert browser.session
    replay = Browser(arena)
    replay.plant(flight.cookie, kept)
    with arena.refuses("state") as attempt:
        attempt.answer = replay.come_back(_answer(arena, flight, person))


def test_a_state_is_spent_by_an_answer_that_was_refused(arena: Arena) -> None:
    """Nobody tries one code after the other with one state."""
    person = arena.somebody()
    browser = Browser(arena)
    flight = browser.start(arena.ours)
    kept = browser.cookie(flight.cookie)
    with arena.refuses("redemption", "code") as attempt:
        attempt.answer = browser.come_back({"code": "guessed-at-random", "state": flight.state})
    browser.plant(flight.cookie, kept)
    with arena.refuses("state") as attempt:
        attempt.answer = browser.come_back(_answer(arena, flight, person))


@pytest.mark.parametrize("length", [300, 5_000, 100_000])
def test_an_oversized_state_is_refused(arena: Arena, length: int) -> None:
    """A state is short; whatever else comes is not looked for."""
    person = arena.somebody()
    browser = Browser(arena)
    flight = browser.start(arena.ours)
    answer = _answer(arena, flight, person)
    long = flight.state + "A" * length
    with arena.refuses("state", "answer") as attempt:
        attempt.answer = browser.come_back({**answer, "state": long})
    assert attempt.line is not None
    assert len(attempt.line.text) < 500, "what was sent is not kept"


@pytest.mark.parametrize("twice", ["state", "code"])
def test_a_parameter_that_comes_twice_is_refused(arena: Arena, twice: str) -> None:
    """One part of a system would take the first, another one the last."""
    person = arena.somebody()
    arena.enters(arena.ours, person)
    browser = Browser(arena)
    flight = browser.start(arena.ours)
    answer = _answer(arena, flight, person)
    query = f"code={answer['code']}&state={answer['state']}"
    for bent in (f"{query}&{twice}=another", f"{twice}=another&{query}"):
        with arena.refuses("state", "answer") as attempt:
            attempt.answer = browser.come_back(bent)


def test_an_answer_by_post_is_refused(arena: Arena) -> None:
    """The answer is asked for in the query; a form of somebody else's page could be posted."""
    person = arena.somebody()
    arena.enters(arena.ours, person)
    browser = Browser(arena, enforce_csrf_checks=True)
    flight = Browser(arena).start(arena.ours)
    answer = _answer(arena, flight, person)
    with arena.turns_away(405) as attempt:
        attempt.answer = browser.post(CALLBACK, answer)
    with arena.turns_away(405) as attempt:
        attempt.answer = Browser(arena).post(CALLBACK, answer)
    lines = attempt.since.lines("sign_in")
    assert [line.action for line in lines] == ["sign_in.refused"]
    own = Browser(arena)
    flight = own.start(arena.ours)
    answer = _answer(arena, flight, person)
    for method in ("HEAD", "PUT", "DELETE", "OPTIONS"):
        with arena.turns_away(405) as attempt:
            attempt.answer = own.ask(method, answer)
    arena.completes(own, answer, arena.ours, person)


@pytest.mark.parametrize(
    "path", ["/MS365/callback", "/ms365/Callback", "/ms365/CALLBACK", "/ms365/callback/"]
)
def test_the_callback_has_one_spelling(arena: Arena, path: str) -> None:
    """Registered redirect URIs are compared letter by letter, and so is this address."""
    person = arena.somebody()
    browser = Browser(arena)
    flight = browser.start(arena.ours)
    answer = _answer(arena, flight, person)
    with arena.turns_away(404) as attempt:
        attempt.answer = browser.come_back(answer, path=path)
    browser.come_back(answer)
    assert browser.session


def test_the_state_of_one_tenant_does_not_take_the_code_of_another(arena: Arena) -> None:
    """Mixed-up tenants: state and cookie of ours, the code issued by the other's directory."""
    ours, theirs = arena.somebody(), arena.somebody(arena.theirs)
    arena.enters(arena.ours, ours)
    arena.enters(arena.theirs, theirs)
    browser = Browser(arena)
    flight = browser.start(arena.ours)
    foreign = Browser(arena).start(arena.theirs)
    code = arena.code_for(foreign, theirs)
    with arena.refuses("redemption", "code") as attempt:
        attempt.answer = browser.come_back({"code": code, "state": flight.state})
    assert attempt.line is not None
    assert attempt.line.tenant_id == arena.ours.tenant.id


def test_the_cookie_of_one_tenant_does_not_serve_the_state_of_another(arena: Arena) -> None:
    """Mixed-up tenants, the other way: their answer comes to a browser with a cookie of ours."""
    ours, theirs = arena.somebody(), arena.somebody(arena.theirs)
    arena.enters(arena.ours, ours)
    browser = Browser(arena)
    browser.start(arena.ours)
    foreign = Browser(arena).start(arena.theirs)
    answer = _answer(arena, foreign, theirs)
    with arena.refuses("state") as attempt:
        attempt.answer = browser.come_back(answer)


def test_another_tenant_of_the_same_directory_is_not_entered(arena: Arena) -> None:
    """Two tenants on one directory have an application each: codes of one are none of another."""
    person = arena.somebody()
    arena.enters(arena.ours, person)
    arena.enters(arena.twin, person)
    browser = Browser(arena)
    flight = browser.start(arena.twin)
    other = Browser(arena).start(arena.ours)
    with arena.refuses("redemption", "code") as attempt:
        attempt.answer = browser.come_back(
            {"code": arena.code_for(other, person), "state": flight.state}
        )


def test_a_browser_keeps_few_sign_ins_under_way(arena: Arena) -> None:
    """A page that begins sign-ins without end fills nobody's cookies."""
    person = arena.somebody()
    browser = Browser(arena)
    flights = [browser.start(arena.ours) for _ in range(8)]
    kept = set(browser.flows)
    assert len(kept) <= 5
    dropped = next(flight for flight in flights if flight.cookie not in kept)
    with arena.refuses("state") as attempt:
        attempt.answer = browser.come_back(_answer(arena, dropped, person))
    arena.completes(browser, _answer(arena, flights[-1], person), arena.ours, person)


def test_cookies_full_of_nonsense_break_nothing(arena: Arena) -> None:
    """Whatever stands in a cookie of ours is read as a guess."""
    person = arena.somebody()
    browser = Browser(arena)
    flight = browser.start(arena.ours)
    answer = _answer(arena, flight, person)
    for nonsense in ("x", "a:b:c", "é", "eyJ9:1abc:sig", "0" * 4000):
        fresh = Browser(arena)
        fresh.plant(flight.cookie, nonsense)
        fresh.plant(FLOW + "zzzzzzzzzzzz", nonsense)
        with arena.refuses("state") as attempt:
            attempt.answer = fresh.come_back(answer)
    browser.come_back(answer)
    assert browser.session


def test_stray_answers_from_a_network_fill_no_log_and_keep_nobody_out(arena: Arena) -> None:
    """A page makes the browsers of an office send answers to no sign-in, without end."""
    person = arena.somebody()
    office = {"REMOTE_ADDR": "192.0.2.44"}
    victim = Browser(arena, **office)
    with arena.refuses("state") as attempt:
        attempt.answer = victim.come_back({"state": "guessed-0123456789", "code": "x"})
    arena.exhaust_refusals()
    since = Since.now(arena.database)
    for _ in range(3):
        assert victim.come_back({"state": "guessed-0123456789"}).status_code in {400, 429}
    assert len(since.lines("sign_in")) <= 1
    arena.enters(arena.ours, person, browser=Browser(arena, **office))


def test_the_cookie_of_a_sign_in_is_for_this_host_and_a_quarter_of_an_hour(arena: Arena) -> None:
    """Neither scripts nor other sites get to see it, and it goes when it was used."""
    person = arena.somebody()
    browser = Browser(arena)
    answer = browser.press(arena.ours)
    [given] = [cookie for name, cookie in answer.cookies.items() if name.startswith(FLOW)]
    check_cookie(given)
    assert given["max-age"] == QUARTER.total_seconds()
    flight = browser.start(arena.ours)
    answer = browser.come_back(_answer(arena, flight, person))
    gone = answer.cookies[flight.cookie]
    assert not gone.value
    assert gone["max-age"] == 0
    for secret in (flight.state, flight.nonce):
        assert secret not in answer.headers["Location"]
