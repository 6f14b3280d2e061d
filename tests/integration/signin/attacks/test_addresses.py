"""Attacks by addresses: where somebody goes on to, which host is asked, which URI is named."""

from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.integration.signin.attacks.arena import Arena, is_own_path
from tests.integration.signin.attacks.browser import CALLBACK, SBC, START, WEB, Browser
from tests.integration.signin.attacks.ground import URIS

MISDIRECTED: Final = 421

ELSEWHERE: Final = (
    "https://evil.example/",
    "http://evil.example",
    "//evil.example",
    "//evil.example/%2e%2e",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "\\/evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "HTTPS://EVIL.EXAMPLE",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "\x00//evil.example",
    "/\u2028/evil.example",
    "https://pbx.example@evil.example/",
    "//pbx.example@evil.example",
    "https://pbx.example.evil.example/",
    "//evil.example\\@pbx.example",
    "https://evil.example#pbx.example",
    "ftp://evil.example",
    "pbx.example",
    "account",
    "?next=//evil.example",
    "#//evil.example",
    "/account\r\nLocation: https://evil.example",
    "/" + "a" * 5000,
)
"""Spellings of other places, or of none."""


@pytest.mark.parametrize("onward", ELSEWHERE)
def test_nobody_is_sent_to_another_site_after_signing_in(arena: Arena, onward: str) -> None:
    """Open redirect: `next` names another site, in one of many spellings."""
    browser = Browser(arena)
    flight = browser.start(arena.ours, onward=onward)
    answer = browser.come_back(
        {"code": arena.code_for(flight, arena.regular), "state": flight.state}
    )
    assert browser.session
    location = answer.headers["Location"]
    assert is_own_path(location)
    assert "evil" not in location
    assert "\r" not in location
    assert "\n" not in location


def test_next_beside_the_answer_counts_for_nothing(arena: Arena) -> None:
    """Open redirect at the callback: only what was signed with the start is followed."""
    arena.enters(arena.ours, arena.regular, onward="/account/")
    for onward in ("//evil.example", "https://evil.example/", "/system/tenants"):
        browser = Browser(arena)
        flight = browser.start(arena.ours, onward="/account/")
        answer = browser.come_back(
            {
                "code": arena.code_for(flight, arena.regular),
                "state": flight.state,
                "next": onward,
                "redirect_uri": onward,
            }
        )
        assert browser.session
        assert answer.headers["Location"] == "/account/"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "pbx.example.evil.example",
        "pbx.example@evil.example",
        "",
        "evil.example:443",
    ],
)
def test_a_start_at_another_host_is_refused(arena: Arena, host: str) -> None:
    """Host header at the start: a redirect URI or a cookie could be made for it."""
    Browser(arena).start(arena.ours)
    with arena.turns_away(MISDIRECTED) as attempt:
        attempt.answer = Browser(arena, host=host).press(arena.ours)
    assert not [name for name in attempt.answer.cookies if "flow" in name]


@pytest.mark.parametrize("host", ["evil.example", "sbc.example.evil.example", ""])
def test_a_callback_at_another_host_is_refused(arena: Arena, host: str) -> None:
    """Host header at the callback: a browser with the cookie is led there by another name."""
    browser = Browser(arena)
    flight = browser.start(arena.ours)
    answer = {"code": arena.code_for(flight, arena.regular), "state": flight.state}
    with arena.turns_away(MISDIRECTED) as attempt:
        attempt.answer = browser.come_back(answer, HTTP_HOST=host)
    browser.come_back(answer)
    assert browser.session


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_X_FORWARDED_HOST": "evil.example"},
        {"HTTP_FORWARDED": "host=evil.example;proto=http"},
        {"HTTP_X_FORWARDED_PROTO": "http", "HTTP_X_FORWARDED_PORT": "8080"},
        {"HTTP_HOST": "pbx.example:8443"},
        {"HTTP_HOST": "PBX.EXAMPLE"},
        {"HTTP_X_ORIGINAL_URL": "/evil", "HTTP_X_REWRITE_URL": "/evil"},
    ],
)
def test_the_redirect_uri_is_one_of_the_configuration(
    arena: Arena, headers: dict[str, str]
) -> None:
    """The redirect URI is never put together from what a request says."""
    browser = Browser(arena)
    url = browser.leads_to(browser.press(arena.ours, **headers))
    if url.startswith(arena.simulator.login):
        assert parse_qs(urlsplit(url).query)["redirect_uri"] == [URIS[0]]
    else:
        assert urlsplit(url).netloc in {"", WEB}


def test_each_domain_has_its_own_redirect_uri(arena: Arena) -> None:
    """The valid twins of these attacks: a sign-in by either domain comes back to that one."""
    for host, uri in ((WEB, URIS[0]), (SBC, URIS[1])):
        browser = Browser(arena, host=host)
        flight = browser.start(arena.ours)
        assert flight.asked["redirect_uri"] == uri
        browser.come_back({"code": arena.code_for(flight, arena.regular), "state": flight.state})
        assert browser.session


@pytest.mark.parametrize("name", ["redirect_uri", "client_id", "state", "nonce", "scope", "issuer"])
def test_what_a_start_asks_of_microsoft_is_not_the_browsers_to_say(arena: Arena, name: str) -> None:
    """Parameters of the protocol in the form (or its address) change nothing."""
    browser = Browser(arena)
    answer = browser.post(
        f"{START}?{urlencode({name: 'https://evil.example/'})}",
        {"tenant": arena.ours.slug, name: "https://evil.example/"},
    )
    assert "evil" not in browser.leads_to(answer)


def test_a_code_for_one_redirect_uri_is_not_taken_at_the_other(arena: Arena) -> None:
    """Answer and cookie are brought from one domain to the other: the URI is sent as it was asked
    for, so that nothing is gained; what came back elsewhere is no answer."""
    person = arena.regular
    begun = Browser(arena, host=WEB)
    flight = begun.start(arena.ours)
    code = arena.code_for(flight, person, redirect_uri=URIS[1])
    with arena.refuses("redemption") as attempt:
        attempt.answer = begun.come_back({"code": code, "state": flight.state})
    arena.enters(arena.ours, person)


def test_a_sign_in_is_not_begun_by_a_link(arena: Arena) -> None:
    """Login CSRF at the start: GET begins nothing, whatever its query says."""
    browser = Browser(arena)
    with arena.turns_away(405) as attempt:
        attempt.answer = browser.get(f"{START}?tenant={arena.ours.slug}")
    assert not browser.flows
    assert not browser.leads_to(attempt.answer).startswith(arena.simulator.login)
    browser.start(arena.ours)
    assert browser.flows


def test_a_sign_in_is_not_begun_by_another_sites_form(arena: Arena) -> None:
    """Login CSRF at the start: a form of another site has no token of ours."""
    foreign = Browser(arena, enforce_csrf_checks=True)
    for headers in ({}, {"HTTP_ORIGIN": "https://evil.example"}, {"HTTP_ORIGIN": "null"}):
        with arena.turns_away(403) as attempt:
            attempt.answer = foreign.press(arena.ours, **headers)
        assert not foreign.flows
    own = Browser(arena, enforce_csrf_checks=True)
    page = own.get(f"/t/{arena.ours.slug}/sign-in").content.decode()
    token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    answer = own.post(
        START,
        {"tenant": arena.ours.slug, "csrfmiddlewaretoken": token},
        HTTP_ORIGIN=f"https://{WEB}",
    )
    assert own.leads_to(answer).startswith(arena.simulator.login)


@pytest.mark.parametrize("slug", ["no-such-tenant", "", "../ours", "OURS", "ours' OR 1=1 --", "1"])
def test_a_start_for_no_tenant_goes_nowhere(arena: Arena, slug: str) -> None:
    """What is no tenant that offers it answers like what is none at all."""
    Browser(arena).start(arena.ours)
    browser = Browser(arena)
    with arena.turns_away(404) as attempt:
        attempt.answer = browser.post(START, {"tenant": slug})
    assert not browser.leads_to(attempt.answer).startswith(arena.simulator.login)
    assert not browser.flows


@pytest.mark.parametrize(
    "error", ["access_denied", "login_required", "interaction_required", "server_error"]
)
def test_an_error_of_microsofts_with_a_page_in_it_shows_none_of_it(
    arena: Arena, error: str
) -> None:
    """Error answers with HTML: what stands in the query is not ours to show."""
    arena.enters(arena.ours, arena.regular)
    browser = Browser(arena)
    flight = browser.start(arena.ours)
    with arena.refuses(f"microsoft-{error}", status=_status_of(error)) as attempt:
        attempt.answer = browser.come_back(
            {
                "error": error,
                "error_description": "<script>alert(1)</script><img src=//evil.example>",
                "error_uri": "https://evil.example/",
                "state": flight.state,
            }
        )
    text = attempt.answer.content.decode()
    assert "alert(1)" not in text
    assert "evil.example" not in text
    assert attempt.line is not None
    assert "script" not in attempt.line.text


def _status_of(error: str) -> int:
    return 503 if error == "server_error" else 403


@pytest.mark.parametrize(
    "error", ["<script>alert(1)</script>", "x" * 10_000, "no such error", "é\n"]
)
def test_an_error_that_nobody_knows_is_kept_out_of_page_and_log(arena: Arena, error: str) -> None:
    """An error's name is taken only when it looks like one of OAuth's."""
    browser = Browser(arena)
    flight = browser.start(arena.ours)
    with arena.refuses("microsoft-other", status=403) as attempt:
        attempt.answer = browser.come_back({"error": error, "state": flight.state})
    assert "alert(1)" not in attempt.answer.content.decode()
    assert attempt.line is not None
    assert len(attempt.line.text) < 500


def test_an_error_of_nobodys_sign_in_ends_nobodys_sign_in(arena: Arena) -> None:
    """Error answers with a guessed state do not disturb a sign-in under way."""
    browser = Browser(arena)
    flight = browser.start(arena.ours)
    with arena.refuses("state") as attempt:
        attempt.answer = browser.come_back(
            {"error": "access_denied", "state": "guessed-0123456789"}
        )
    assert attempt.answer is not None
    browser.come_back({"code": arena.code_for(flight, arena.regular), "state": flight.state})
    assert browser.session


def test_the_callback_without_anything_is_the_page_after_signing_out(arena: Arena) -> None:
    """Microsoft comes back here after its own sign-out: nobody enters, and nothing is noted."""
    browser = Browser(arena)
    with arena.turns_away(200) as attempt:
        attempt.answer = browser.get(CALLBACK)
    assert not attempt.since.lines("sign_in")
