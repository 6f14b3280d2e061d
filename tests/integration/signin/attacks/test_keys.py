"""Attacks by keys and addresses of keys: swapped, rotated, silent, or of somebody else's server."""

from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any, Final

import pytest
from django.db import connections

from rollcall.integrations.operations import retire_key_pair
from rollcall.integrations.queries import list_key_pairs
from rollcall.wiring.machine import utc_now
from rollcall.wiring.sign_in import forget_published
from tests.integration.signin.attacks.arena import AWAY, BROKEN, Arena
from tests.integration.signin.attacks.browser import Browser
from tests.integration.signin.attacks.ground import ALIAS
from tests.integration.signin.attacks.microsoft import DISCOVERY, KEYS, TOKEN, change_keys
from tests.sites import Site

PATIENCE: Final = 12
"""Seconds after which a browser has its answer, whatever Microsoft does."""

FEW: Final = "people:2"


def _refused_at_start(arena: Arena, site: Site, *, status: int = AWAY) -> None:
    """Press the button of a tenant: it must not lead to any other host."""
    browser = Browser(arena)
    with arena.turns_away(status) as attempt:
        attempt.answer = browser.press(site)
    assert not browser.leads_to(attempt.answer).startswith("https://evil")
    assert not browser.leads_to(attempt.answer).startswith(arena.simulator.login)
    assert not browser.flows


def _discovery(arena: Arena, site: Site, **mangled: Any) -> None:
    arena.simulator.fault(
        "mangle",
        host="login",
        path=DISCOVERY,
        directory=site.directory.directory_id,
        times=None,
        **mangled,
    )


def test_a_discovery_with_a_foreign_issuer_is_refused(arena: Arena) -> None:
    """The document names another issuer than the one that the cloud's row has."""
    site = arena.new_site(FEW)
    _discovery(arena, site, target="/issuer", value="https://evil.example/v2.0")
    _refused_at_start(arena, site)
    arena.simulator.clear_faults()
    arena.enters(site, arena.somebody(site))


def test_a_discovery_with_the_issuer_of_another_directory_is_refused(arena: Arena) -> None:
    """The same Microsoft, another directory: not the tenant's."""
    site = arena.new_site(FEW)
    foreign = f"{arena.simulator.login}/{arena.theirs.directory.directory_id}/v2.0"
    _discovery(arena, site, target="/issuer", value=foreign)
    _refused_at_start(arena, site)
    arena.simulator.clear_faults()
    arena.enters(site, arena.somebody(site))


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
def test_a_discovery_that_leads_to_another_host_is_refused(arena: Arena, name: str) -> None:
    """No endpoint is on a host that is not in the cloud's row."""
    site = arena.new_site(FEW)
    for value in (
        "https://evil.example/steal",
        arena.simulator.login.replace("https://", "http://") + "/x",
        arena.simulator.login.replace("https://", "https://evil@") + "/x",
        arena.simulator.login + ".evil.example/x",
        arena.simulator.graph + "/x",
    ):
        _discovery(arena, site, target=f"/{name}", value=value)
        _refused_at_start(arena, site)
        arena.simulator.clear_faults()
    arena.enters(site, arena.somebody(site))


def test_the_issuer_is_the_rows_and_not_the_hosts_that_was_called(arena: Arena) -> None:
    """21Vianet's alias: the host that is called names another issuer than its own address."""
    site = arena.new_site(FEW)
    person = arena.somebody(site)
    arena.enters(site, person)
    arena.move(site, ALIAS)
    _refused_at_start(arena, site)
    issuer = arena.alias_issuer(site)
    _discovery(arena, site, target="/issuer", value=issuer)
    # Discovery is as the row says now, but the token is by the name of the host that was called.
    browser = Browser(arena)
    flight = browser.start(site)
    with arena.refuses("issuer") as attempt:
        attempt.answer = browser.come_back(
            {"code": arena.code_for(flight, person), "state": flight.state}
        )
    # And as documented it works: both by the issuer of the row.
    arena.bend_token(site, claims={"iss": issuer})
    arena.enters(site, person)


def test_keys_that_were_swapped_for_others_let_nobody_in(arena: Arena) -> None:
    """JWKS swapped: the key document is suddenly another one, and the token signed by no key."""
    site = arena.new_site(FEW)
    person = arena.somebody(site)
    change_keys(site.directory, "own")
    arena.enters(site, person)
    # Somebody who can answer for the key document only publishes a key of their own.
    arena.simulator.fault(
        "status",
        host="login",
        path=KEYS,
        times=None,
        status=200,
        body='{"keys":[]}',
        content_type="application/json",
        directory=site.directory.directory_id,
    )
    arena.bend_token(site, signed_by="unpublished")
    browser = Browser(arena)
    flight = browser.start(site)
    with arena.refuses("signature") as attempt:
        attempt.answer = browser.come_back(
            {"code": arena.code_for(flight, person), "state": flight.state}
        )
    arena.simulator.clear_faults()
    arena.enters(site, person)


def test_keys_that_were_swapped_by_microsoft_are_followed(arena: Arena) -> None:
    """The valid twin: another key altogether, and the key document has it."""
    site = arena.new_site(FEW)
    person = arena.somebody(site)
    change_keys(site.directory, "own")
    change_keys(site.directory, "swap")
    arena.enters(site, person)


def test_a_new_key_of_microsofts_is_taken_at_once(arena: Arena) -> None:
    """JWKS rotated, the valid twin: a key id that is not known yet is looked for."""
    site = arena.new_site(FEW)
    person = arena.somebody(site)
    change_keys(site.directory, "own")
    arena.enters(site, person)
    change_keys(site.directory, "rotate")
    arena.enters(site, person)


def test_the_keys_of_one_directory_serve_no_other(arena: Arena) -> None:
    """Both have keys of their own and both are in the cache: neither signs for the other."""
    first, second = arena.new_site(FEW), arena.new_site(FEW)
    for site in (first, second):
        change_keys(site.directory, "own")
        arena.enters(site, arena.somebody(site))
    browser = Browser(arena)
    flight = browser.start(first)
    code = arena.code_for(flight, arena.somebody(first))
    arena.bend_token(first, signed_by=second.directory.directory_id)
    with arena.refuses("signature") as attempt:
        attempt.answer = browser.come_back({"code": code, "state": flight.state})


def test_unknown_key_ids_do_not_make_us_ask_without_end(arena: Arena) -> None:
    """Forged key ids: the key document is asked for a few times, not each time."""
    site = arena.new_site(FEW)
    person = arena.somebody(site)
    arena.enters(site, person)
    before = arena.simulator.last_request()
    for number in range(6):
        browser = Browser(arena)
        flight = browser.start(site)
        code = arena.code_for(flight, person)
        arena.bend_token(site, header={"kid": f"forged-{number}"})
        with arena.refuses("signature") as attempt:
            attempt.answer = browser.come_back({"code": code, "state": flight.state})
        arena.simulator.clear_faults()
    asked = [
        seen
        for seen in arena.simulator.requests(since=before, host="login")
        if seen.path.partition("?")[0].endswith("/keys")
    ]
    assert len(asked) <= 1
    arena.enters(site, person)


def test_a_key_document_that_never_answers_stops_nobody_else(arena: Arena) -> None:
    """JWKS that never answers: a refusal in time, while others sign in as always."""
    site = arena.new_site(FEW)
    person = arena.somebody(site)
    arena.simulator.fault(
        "delay",
        host="login",
        path=KEYS,
        directory=site.directory.directory_id,
        times=None,
        seconds=60,
    )
    browser = Browser(arena)
    flight = browser.start(site)
    code = arena.code_for(flight, person)
    arena.enters(arena.ours, arena.regular)

    def come() -> tuple[Any, float]:
        began = monotonic()
        try:
            return browser.come_back({"code": code, "state": flight.state}), monotonic() - began
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(come)
        other = Browser(arena)
        other.sign_in(arena.ours, arena.regular)
        assert other.session
        assert not waiting.done()
        with arena.refuses("signature", status=AWAY) as attempt:
            attempt.answer, took = waiting.result()
    assert took < PATIENCE
    arena.simulator.clear_faults()
    arena.enters(site, person)


NONSENSE: Final = (
    ("", 200, BROKEN),
    ("<html>Sign in to the hotel's wifi</html>", 200, BROKEN),
    ('{"keys":[]}', 200, BROKEN),
    ('{"keys":' + "[" * 2000, 200, BROKEN),
    ('{"keys":[{"kty":"oct","k":"c2VjcmV0","kid":"x"}]}', 200, BROKEN),
    ("{}", 500, AWAY),
    ("", 404, AWAY),
    ('{"keys":[' + ",".join(['{"kty":"RSA","kid":"x","n":"AQAB"}'] * 12_000) + "]}", 200, AWAY),
)
"""What stands in the answer, with which status, and what the person is told."""


def test_a_key_document_of_nonsense_lets_nobody_in(arena: Arena) -> None:
    """What is no set of RSA keys is no set of keys."""
    site = arena.new_site(FEW)
    person = arena.somebody(site)
    for body, status, told in NONSENSE:
        forget_published()
        arena.simulator.fault(
            "status",
            host="login",
            path=KEYS,
            directory=site.directory.directory_id,
            times=None,
            status=status,
            body=body,
            content_type="application/json",
        )
        browser = Browser(arena)
        flight = browser.start(site)
        code = arena.code_for(flight, person)
        with arena.refuses("signature", status=told) as attempt:
            attempt.answer = browser.come_back({"code": code, "state": flight.state})
        arena.simulator.clear_faults()
    forget_published()
    arena.enters(site, person)


def test_a_retired_key_pair_signs_nobody_in(arena: Arena) -> None:
    """Retired key: what the process kept of it is not used any more."""
    site = arena.new_site(FEW)
    person = arena.somebody(site)
    arena.enters(site, person)
    browser = Browser(arena)
    flight = browser.start(site)
    code = arena.code_for(flight, person)
    for pair in list_key_pairs(site.tenant.id):
        if pair.state == "active":
            retire_key_pair(site.tenant.id, actor="test", key=str(pair.id), now=utc_now())
    before = arena.simulator.last_request()
    with arena.refuses("discovery", status=AWAY) as attempt:
        attempt.answer = browser.come_back({"code": code, "state": flight.state})
    asked = arena.simulator.requests(since=before, host="login")
    assert not [seen for seen in asked if seen.method == "POST"], "nothing was signed with it"
    _refused_at_start(arena, site, status=404)


def test_a_key_pair_that_was_uploaded_nowhere_signs_nobody_in(arena: Arena) -> None:
    """The certificate was taken from the application: Microsoft gives nothing for its key."""
    site = arena.new_site(FEW)
    person = arena.somebody(site)
    arena.enters(site, person)
    for certificate in (
        arena.simulator.directory(site.directory.directory_id).applications[0].info.certificates
    ):
        site.application.remove_certificate(certificate.thumbprint_sha256)
    browser = Browser(arena)
    flight = browser.start(site)
    with arena.refuses("redemption", status=AWAY) as attempt:
        attempt.answer = browser.come_back(
            {"code": arena.code_for(flight, person), "state": flight.state}
        )


@pytest.mark.parametrize("path", [TOKEN, KEYS, DISCOVERY])
def test_a_redirect_of_microsofts_hosts_is_not_followed(arena: Arena, path: str) -> None:
    """Code and signature would go to another host with it, or keys come from one."""
    site = arena.new_site(FEW)
    person = arena.somebody(site)
    browser = Browser(arena)
    for status in (302, 307, 308):
        arena.simulator.fault(
            "status",
            host="login",
            path=path,
            directory=site.directory.directory_id,
            times=None,
            status=status,
            headers={"Location": f"{arena.simulator.graph}/v1.0/steal"},
        )
        before = arena.simulator.last_request()
        forget_published()
        if path == DISCOVERY:
            _refused_at_start(arena, site)
        else:
            flight = browser.start(site)
            code = arena.code_for(flight, person)
            check = "redemption" if path == TOKEN else "signature"
            with arena.refuses(check, status=AWAY) as attempt:
                attempt.answer = browser.come_back({"code": code, "state": flight.state})
        asked = arena.simulator.requests(since=before, host="graph")
        assert not [seen for seen in asked if "steal" in seen.path]
        arena.simulator.clear_faults()
    forget_published()
    arena.enters(site, person)
