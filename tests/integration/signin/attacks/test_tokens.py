"""Attacks by id tokens: forged, borrowed, bent, and one of each that is right."""

from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any, Final
from uuid import uuid4

import pytest

from tests.integration.signin.attacks.arena import AWAY, BROKEN, Arena
from tests.integration.signin.attacks.browser import Browser, Flight
from tests.integration.signin.attacks.ground import Person
from tests.integration.signin.attacks.ledger import Since

Bend = dict[str, Any]

HOUR: Final = 3600
"""The life of a token."""

BACKDATED: Final = 300
"""Seconds by which Microsoft dates a token back."""


def _bent(arena: Arena, *reasons: str, each: Iterable[Bend], status: int = BROKEN) -> None:
    """Have sign-ins answered with bent id tokens: none goes through, and then one that is right."""
    for bend in each:
        browser = Browser(arena)
        flight = browser.start(arena.ours)
        _answered(arena, browser, flight, *reasons, bend=bend, status=status)
    arena.enters(arena.ours, arena.regular)


def _answered(
    arena: Arena,
    browser: Browser,
    flight: Flight,
    *reasons: str,
    bend: Bend,
    status: int = BROKEN,
) -> None:
    code = arena.code_for(flight, arena.regular)
    arena.bend_token(arena.ours, **bend)
    try:
        with arena.refuses(*reasons, status=status) as attempt:
            attempt.answer = browser.come_back({"code": code, "state": flight.state})
    except AssertionError as error:
        raise AssertionError(f"{error} with {str(bend)[:300]}") from error
    finally:
        arena.simulator.clear_faults()
    assert attempt.line is not None
    assert attempt.line.tenant_id == arena.ours.tenant.id


def _taken(arena: Arena, **bend: Any) -> None:
    """Have a sign-in answered with a token that is odd and right: it must be taken."""
    browser, since = Browser(arena), Since.now(arena.database)
    flight = browser.start(arena.ours)
    code = arena.code_for(flight, arena.regular)
    arena.bend_token(arena.ours, **bend)
    answer = browser.come_back({"code": code, "state": flight.state})
    arena.simulator.clear_faults()
    arena.check_entered(answer, since, browser, arena.ours, arena.regular)


# -- signatures


def test_a_token_that_is_not_signed_is_refused(arena: Arena) -> None:
    """alg none, with an empty third part (RFC 8725, 3.1)."""
    _bent(arena, "algorithm", each=[{"alg": "none"}])


def test_an_algorithm_in_another_spelling_is_refused(arena: Arena) -> None:
    """Names of algorithms are compared letter by letter."""
    names = ("None", "NONE", "nOnE", "", "rs256", "RS256 ")
    _bent(arena, "algorithm", each=[{"header": {"alg": name}} for name in names])


def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(arena: Arena) -> None:
    """HS256 with what everybody can read (RFC 8725, 2.1)."""
    _bent(arena, "algorithm", each=[{"alg": "HS256"}])


def test_a_token_with_another_algorithm_is_refused(arena: Arena) -> None:
    """A right signature by the right key, but not as Microsoft signs."""
    _bent(arena, "algorithm", each=[{"alg": alg} for alg in ("RS384", "RS512", "PS256")])


def test_a_token_with_an_unknown_key_id_is_refused(arena: Arena) -> None:
    """Wrong kid: no published key has it."""
    _bent(arena, "signature", each=[{"header": {"kid": "nobody-knows-this-key"}}])


def test_a_token_without_a_key_id_is_refused(arena: Arena) -> None:
    """No kid: keys are not tried one after the other."""
    _bent(arena, "signature", "token", each=[{"header": {"kid": None}}])


def test_a_token_with_the_key_id_of_another_published_key_is_refused(arena: Arena) -> None:
    """Wrong kid of a key that is published: its signature does not fit."""
    kid = arena.other_key_id(arena.ours)
    _bent(arena, "signature", each=[{"header": {"kid": kid}}])


def test_a_token_signed_by_a_key_that_is_not_published_is_refused(arena: Arena) -> None:
    """A key of the attacker's own."""
    _bent(arena, "signature", each=[{"signed_by": "unpublished"}])


def test_a_token_signed_by_another_directorys_key_is_refused(arena: Arena) -> None:
    """Key of another directory: right for that one, and not for ours."""
    _bent(arena, "signature", each=[{"signed_by": arena.theirs.directory.directory_id}])


def test_a_token_that_brings_its_own_key_is_refused(arena: Arena) -> None:
    """jwk, jku, x5u and x5c in the header name keys that nobody asked about (RFC 8725, 3.10)."""
    _bent(
        arena,
        "signature",
        "token",
        each=[
            {"signed_by": "unpublished", "header": {name: "https://evil.example/keys"}}
            for name in ("jwk", "jku", "x5u", "x5c")
        ],
    )


def test_a_token_with_a_damaged_signature_is_refused(arena: Arena) -> None:
    """One bit is enough, and none at all is no signature."""
    _bent(
        arena,
        "signature",
        "token",
        each=[{"signature": "broken"}, {"signature": "empty"}],
    )


def test_a_token_that_asks_for_critical_extensions_is_refused(arena: Arena) -> None:
    """`crit` names what a reader must understand (RFC 7515, 4.1.11): we understand none."""
    _bent(arena, "token", each=[{"header": {"crit": ["b64"], "b64": False}}])


# -- whose it is


def test_a_token_of_a_foreign_issuer_is_refused(arena: Arena) -> None:
    """iss of somebody else."""
    _bent(arena, "issuer", each=[{"claims": {"iss": "https://evil.example/v2.0"}}])


def test_a_token_of_another_directorys_issuer_is_refused(arena: Arena) -> None:
    """iss of another directory of the same Microsoft; and of the template of them all."""
    foreign = arena.theirs.directory.directory_id
    issuers = (foreign, "{tenantid}", "common", "organizations")
    login = arena.simulator.login
    _bent(arena, "issuer", each=[{"claims": {"iss": f"{login}/{one}/v2.0"}} for one in issuers])


def test_an_issuer_that_is_nearly_right_is_refused(arena: Arena) -> None:
    """iss is compared letter by letter (OpenID Connect Core, 3.1.3.7)."""
    right = f"{arena.simulator.login}/{arena.ours.directory.directory_id}/v2.0"
    endings = ("/", "?x=1", "#", "/../v2.0", " ")
    _bent(arena, "issuer", each=[{"claims": {"iss": right + ending}} for ending in endings])


def test_a_token_for_another_application_is_refused(arena: Arena) -> None:
    """id_token of another application of the same directory, for the same person: aud tells."""
    _bent(arena, "audience", each=[{"claims": {"aud": arena.twin.application.application_id}}])


def test_an_audience_that_is_not_ours_alone_is_refused(arena: Arena) -> None:
    """aud is one text, and ours."""
    own = arena.ours.application.application_id
    audiences: tuple[object, ...] = (
        str(uuid4()),
        [own, str(uuid4())],
        [own],
        [],
        f"{own} {uuid4()}",
        "",
        1,
        None,
    )
    bends: list[Bend] = [{"claims": {"aud": each}} for each in audiences]
    _bent(arena, "audience", "token", each=[*bends, {"remove": ["aud"]}])


def test_a_token_of_a_foreign_directory_is_refused(arena: Arena) -> None:
    """tid must be the directory that the tenant is connected to."""
    directories: tuple[object, ...] = (
        arena.theirs.directory.directory_id,
        "9188040d-6c67-4c5b-b112-36a304b66dad",  # of everybody's private accounts
        "ours.example",
        [arena.ours.directory.directory_id],
        "",
        None,
    )
    bends: list[Bend] = [{"claims": {"tid": each}} for each in directories]
    _bent(arena, "directory", "token", each=[*bends, {"remove": ["tid"]}])


def test_a_token_of_another_version_is_refused(arena: Arena) -> None:
    """ver: tokens of v1 have another issuer and other meanings."""
    bends: list[Bend] = [{"claims": {"ver": each}} for each in ("1.0", "2", 2.0, "2.0.0", "")]
    _bent(arena, "version", "token", each=[*bends, {"remove": ["ver"]}])


def test_a_token_without_a_proper_object_id_is_refused(arena: Arena) -> None:
    """oid is the key, and nothing takes its place: neither sub nor a mail address."""
    values = ("", "not-a-guid", "*", "%", 7, ["a"], None, arena.regular.mail)
    bends: list[Bend] = [{"claims": {"oid": each}} for each in values]
    _bent(arena, "object-id", "token", each=[*bends, {"remove": ["oid"]}])
    nobody: Bend = {"claims": {"oid": "00000000-0000-0000-0000-000000000000"}}
    _bent(arena, "not-synchronised", each=[nobody], status=403)


def test_the_case_of_an_object_id_makes_nobody_else(arena: Arena) -> None:
    """Case tricks in oid and tid: the same GUID in capitals is the same person, once."""
    arena.enters(arena.ours, arena.regular)
    since = Since.now(arena.database)
    _taken(
        arena,
        claims={
            "oid": arena.regular.object_id.upper(),
            "tid": arena.ours.directory.directory_id.upper(),
        },
    )
    assert not since.new_accounts


def test_another_way_to_write_an_object_id_is_refused(arena: Arena) -> None:
    """Python would read many texts as one GUID; Microsoft writes it in one way."""
    own = arena.regular.object_id
    spellings = (
        "{" + own + "}",
        own.replace("-", ""),
        f" {own} ",
        f"{own}\n",
        f"urn:uuid:{own}",
        own.translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)}),
    )
    each: list[Bend] = [{"claims": {"oid": spelt}} for spelt in spellings]
    _bent(arena, "object-id", "token", each=each)


# -- when it is from


def test_an_expired_token_is_refused(arena: Arena) -> None:
    """exp, with a minute of leeway and no more."""
    _taken(arena, shift={"exp": -HOUR - 30})
    _bent(arena, "expiry", each=[{"shift": {"exp": -HOUR - 90}}])


def test_a_token_of_long_ago_is_refused(arena: Arena) -> None:
    """All its times are of yesterday."""
    _bent(arena, "expiry", each=[{"shift": dict.fromkeys(("exp", "nbf", "iat"), -24 * HOUR)}])


def test_a_token_that_is_not_valid_yet_is_refused(arena: Arena) -> None:
    """nbf in the future, with a minute of leeway and no more."""
    _taken(arena, shift={"nbf": BACKDATED + 30})
    _bent(
        arena,
        "not-before",
        each=[{"shift": {"nbf": BACKDATED + 90}}, {"shift": {"iat": BACKDATED + 90}}],
    )


def test_a_token_from_the_future_is_refused(arena: Arena) -> None:
    """All its times are of tomorrow."""
    _bent(arena, "not-before", each=[{"shift": dict.fromkeys(("exp", "nbf", "iat"), 24 * HOUR)}])


def test_a_time_that_is_no_number_is_refused(arena: Arena) -> None:
    """Times are numbers of seconds, and there; without nbf, iat says since when it is good."""
    values: tuple[object, ...] = ("9999999999", True, [1], {}, -1e300)
    bends: list[Bend] = [{"remove": ["exp"]}, {"remove": ["iat"]}]
    for claim in ("exp", "nbf", "iat"):
        bends += [{"claims": {claim: value}} for value in values]
        bends.append({"remove": [claim], "append": f'"{claim}":1e400'})
        bends.append({"remove": [claim], "append": f'"{claim}":NaN'})
        bends.append({"claims": {claim: 10**18}} if claim != "exp" else {"claims": {claim: None}})
    _bent(arena, "expiry", "not-before", "token", each=bends)
    _taken(arena, remove=["nbf"])


# -- for which request it is


def test_a_token_without_the_nonce_is_refused(arena: Arena) -> None:
    """Missing nonce: it may be a token of any sign-in."""
    _bent(arena, "nonce", "token", each=[{"remove": ["nonce"]}])


def test_a_token_with_another_nonce_is_refused(arena: Arena) -> None:
    """Wrong nonce: a token of another sign-in, put into this one."""
    nonces: tuple[Callable[[str], object], ...] = (
        lambda _: "of-another-sign-in-entirely",
        lambda _: "",
        lambda own: own + "x",
        lambda own: own[:-1],
        lambda own: own.swapcase(),
        lambda own: sha256(own.encode()).hexdigest(),
        lambda own: [own],
        lambda _: None,
        lambda _: 0,
    )
    for of in nonces:
        browser = Browser(arena)
        flight = browser.start(arena.ours)
        bend: Bend = {"claims": {"nonce": of(flight.nonce)}}
        _answered(arena, browser, flight, "nonce", "token", bend=bend)
    arena.enters(arena.ours, arena.regular)


def test_a_code_stolen_from_another_browser_is_refused(arena: Arena) -> None:
    """Verifier of another attempt: the code of the victim with the state of the attacker."""
    victim, attacker = Browser(arena), Browser(arena)
    stolen = victim.start(arena.ours)
    own = attacker.start(arena.ours)
    code = arena.code_for(stolen, arena.regular)
    with arena.refuses("redemption", "code") as attempt:
        attempt.answer = attacker.come_back({"code": code, "state": own.state})
    arena.enters(arena.ours, arena.regular)


def test_a_code_asked_for_with_another_challenge_is_refused(arena: Arena) -> None:
    """Code of another verifier: the attacker changed the address to Microsoft on the way."""
    browser = Browser(arena)
    flight = browser.start(arena.ours)
    code = arena.code_for(flight, arena.regular, code_challenge="A" * 43)
    with arena.refuses("redemption", "code") as attempt:
        attempt.answer = browser.come_back({"code": code, "state": flight.state})
    arena.enters(arena.ours, arena.regular)


def test_a_code_asked_for_without_a_challenge_does_not_bring_another_nonce(arena: Arena) -> None:
    """Code without verifier: a downgrade of the request, with a nonce of the attacker's."""
    browser = Browser(arena)
    flight = browser.start(arena.ours)
    code = arena.code_for(
        flight, arena.regular, code_challenge="", code_challenge_method="", nonce="attackers"
    )
    with arena.refuses("redemption", "code", "nonce") as attempt:
        attempt.answer = browser.come_back({"code": code, "state": flight.state})
    arena.enters(arena.ours, arena.regular)


def test_a_code_is_good_for_one_sign_in(arena: Arena) -> None:
    """Replayed code: in a sign-in of the attacker's own, after its owner used it."""
    browser = Browser(arena)
    flight = browser.start(arena.ours)
    code = arena.code_for(flight, arena.regular)
    browser.come_back({"code": code, "state": flight.state})
    assert browser.session
    thief = Browser(arena)
    own = thief.start(arena.ours)
    with arena.refuses("redemption", "code") as attempt:
        attempt.answer = thief.come_back({"code": code, "state": own.state})


def test_a_code_that_is_none_is_refused(arena: Arena) -> None:
    """Guessed codes and texts of all kinds."""
    for code in ("", "x", "a" * 7000, "a" * 20_000, "<script>", "é", "a b", "\x00", "a&code=b"):
        browser = Browser(arena)
        flight = browser.start(arena.ours)
        with arena.refuses("redemption", "code", "answer") as attempt:
            attempt.answer = browser.come_back({"code": code, "state": flight.state})
    arena.enters(arena.ours, arena.regular)


# -- how it is written


def test_a_claim_that_is_there_twice_is_refused(arena: Arena) -> None:
    """Duplicate claims: one reader takes the first, another one the last."""
    bends: list[Bend] = [
        {place: f'"{claim}":"{uuid4()}"'}
        for claim in ("oid", "tid", "iss", "aud", "nonce", "name")
        for place in ("prepend", "append")
    ]
    # The same by another spelling of its name, which JSON reads as the same.
    bends.append({"append": f'"\\u006fid":"{uuid4()}"'})
    _bent(arena, "token", each=bends)


def test_a_huge_token_is_refused(arena: Arena) -> None:
    """Huge tokens are not even parsed, and huge answers not even read to their end."""
    _bent(arena, "token", each=[{"size": 20_000}, {"size": 60_000}])
    _bent(arena, "redemption", each=[{"size": 3_000_000}], status=AWAY)


def test_a_text_that_is_no_token_is_refused(arena: Arena) -> None:
    """Three parts of base64url, and JSON in two of them."""
    texts = ("", "a.b", "a.b.c", "a.b.c.d", "a.b.c.d.e", "..", "é.é.é", "null", "[]", "e30.e30.")
    reasons = ("token", "algorithm", "signature", "redemption")
    _bent(arena, *reasons, each=[{"token": text} for text in texts])


def test_a_signed_text_that_is_no_set_of_claims_is_refused(arena: Arena) -> None:
    """A right signature over something else."""
    texts = ("", "[]", "null", '"text"', "{", '{"oid":', "{}", "\xff", "[" * 5000)
    _bent(arena, "token", "issuer", each=[{"raw": text} for text in texts])


def test_an_answer_without_a_token_is_refused(arena: Arena) -> None:
    """The access token that comes beside it proves nothing."""
    _bent(arena, "redemption", "token", each=[{"missing": True}])


def test_what_was_refused_stands_in_the_log_by_ids_alone(arena: Arena) -> None:
    """The log knows that a sign-in failed, and at which check; all that is secret stays out."""
    arena.check_log()
    _bent(arena, "nonce", each=[{"claims": {"nonce": "of-another-sign-in"}}])
    text = arena.log.read_text()
    assert '"check": "nonce"' in text.rpartition("sign_in.not_completed")[0][-500:] + text[-1500:]
    assert f'"tenant_id": {arena.ours.tenant.id}' in text
    arena.check_log()
    # And what would stand there is found: this very check has been checked.
    arena.keep_secret("sign_in.not_completed")
    arena.reread_log()
    with pytest.raises(AssertionError, match=r"sign_in\.not_completed"):
        arena.check_log()
    arena.secrets.remove("sign_in.not_completed")


def test_names_full_of_markup_are_shown_as_text(arena: Arena) -> None:
    """What Microsoft says of somebody's name is a text like any other."""
    stranger = arena.newcomer(arena.ours)
    browser = Browser(arena)
    flight = browser.start(arena.ours)
    code = arena.code_for(flight, stranger)
    evil = "<script>alert(1)</script>"
    arena.bend_token(arena.ours, claims={"name": evil, "preferred_username": evil})
    with arena.refuses("not-synchronised", status=403) as attempt:
        attempt.answer = browser.come_back({"code": code, "state": flight.state})
    assert attempt.answer is not None
    assert evil not in attempt.answer.content.decode()


def test_extra_claims_change_nothing(arena: Arena) -> None:
    """The twin of all of these: what we do not ask for is not looked at."""
    person: Person = arena.regular
    _taken(
        arena,
        claims={
            "email": "somebody.else@ours.example",
            "upn": "somebody.else@ours.example",
            "roles": ["administrator"],
            "groups": [str(uuid4())],
            "sub": str(uuid4()),
            "unknown": {"deep": [1, 2, {"x": None}]},
        },
    )
    assert person.object_id
