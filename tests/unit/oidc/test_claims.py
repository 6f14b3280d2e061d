"""An ID token is believed only if it passes each check: every bad one has its good twin."""

import copy
import dataclasses
import json
import pickle
from datetime import datetime, timedelta
from typing import Any

import pytest

from rollcall.oidc.claims import (
    Check,
    TokenRefusedError,
    VerifiedClaims,
    key_name,
    verify_id_token,
)
from tests.unit.oidc.samples import (
    CLIENT,
    DIRECTORY,
    EXPECTED,
    ISSUER,
    NONCE,
    NOW,
    OTHER_DIRECTORY,
    PERSON,
    claims,
    header,
    jwk,
    key_set,
    sign,
    token,
    verify,
)

SECOND = 1
MINUTE = 60
START = int(NOW.timestamp())


def refused(raw: str, *, now: datetime = NOW) -> TokenRefusedError:
    with pytest.raises(TokenRefusedError) as caught:
        verify(raw, now=now)
    return caught.value


def test_a_good_token_says_who_signed_in() -> None:
    found = verify(token(login_hint="opaque"))

    assert (found.directory_id, found.object_id) == (DIRECTORY, PERSON)
    assert (found.name, found.principal_name) == ("Conf Room Adams", "adams@contoso.com")
    assert (found.session_id, found.logout_hint) == ("a-session", "opaque")
    assert found.issued_at == NOW


def test_a_token_needs_no_name_and_no_session() -> None:
    found = verify(token(name=None, preferred_username=None, sid=None))

    assert (found.name, found.principal_name, found.session_id, found.logout_hint) == ("",) * 4


def test_the_checks_are_told_in_their_order() -> None:
    seen: list[Check] = []

    verify_id_token(
        token(),
        expected=EXPECTED,
        keys=key_set(),
        now=NOW,
        passed=lambda check, detail: seen.append(check),
    )

    assert seen == list(Check)[list(Check).index(Check.TOKEN) :]


def test_no_detail_of_a_check_holds_a_secret() -> None:
    told: list[str] = []
    raw = token()

    verify_id_token(
        raw,
        expected=EXPECTED,
        keys=key_set(),
        now=NOW,
        passed=lambda check, detail: told.append(detail),
    )

    text = " ".join(told)
    assert all(part not in text for part in (*raw.split("."), NONCE, "a-session", "adams"))


BAD: list[tuple[dict[str, Any], dict[str, Any], Check]] = [
    ({"iss": f"https://login.microsoftonline.com/{OTHER_DIRECTORY}/v2.0"}, {}, Check.ISSUER),
    ({"iss": f"https://login.chinacloudapi.cn/{DIRECTORY}/v2.0"}, {}, Check.ISSUER),
    ({"iss": f"https://sts.windows.net/{DIRECTORY}/"}, {}, Check.ISSUER),
    ({"iss": ISSUER + "/"}, {}, Check.ISSUER),
    ({"iss": ISSUER.upper()}, {}, Check.ISSUER),
    ({"iss": ""}, {}, Check.ISSUER),
    ({"aud": OTHER_DIRECTORY}, {}, Check.AUDIENCE),
    ({"aud": [CLIENT]}, {}, Check.AUDIENCE),
    ({"aud": [CLIENT, OTHER_DIRECTORY]}, {}, Check.AUDIENCE),
    ({"aud": None}, {}, Check.AUDIENCE),
    ({"aud": f"api://{CLIENT}"}, {}, Check.AUDIENCE),
    ({"aud": CLIENT.replace("-", "")}, {}, Check.AUDIENCE),
    ({"azp": OTHER_DIRECTORY}, {}, Check.AUDIENCE),
    ({"tid": OTHER_DIRECTORY}, {}, Check.DIRECTORY),
    ({"tid": None}, {}, Check.DIRECTORY),
    ({"tid": f"{{{DIRECTORY}}}"}, {}, Check.DIRECTORY),
    ({"ver": "1.0"}, {}, Check.VERSION),
    ({"ver": None}, {}, Check.VERSION),
    ({"ver": "2"}, {}, Check.VERSION),
    ({"exp": START - MINUTE}, {}, Check.EXPIRY),
    ({"exp": 0}, {}, Check.EXPIRY),
    ({"exp": -(10**15)}, {}, Check.EXPIRY),
    ({"exp": 10**15}, {}, Check.EXPIRY),
    ({"nbf": START + MINUTE + SECOND}, {}, Check.NOT_BEFORE),
    ({"iat": START + MINUTE + SECOND}, {}, Check.NOT_BEFORE),
    ({"nonce": "another"}, {}, Check.NONCE),
    ({"nonce": None}, {}, Check.NONCE),
    ({"nonce": ""}, {}, Check.NONCE),
    ({"nonce": NONCE.upper()}, {}, Check.NONCE),
    ({"nonce": "naïve"}, {}, Check.NONCE),
    ({"oid": None}, {}, Check.OBJECT_ID),
    ({"oid": ""}, {}, Check.OBJECT_ID),
    ({"oid": "adams@contoso.com"}, {}, Check.OBJECT_ID),
    ({"oid": PERSON.replace("-", "")}, {}, Check.OBJECT_ID),
    ({"oid": f"urn:uuid:{PERSON}"}, {}, Check.OBJECT_ID),
    ({"oid": "urn:" + PERSON.replace("-", "")}, {}, Check.OBJECT_ID),
    ({"oid": PERSON[:-1] + "\uff12"}, {}, Check.OBJECT_ID),
    ({}, {"alg": "none"}, Check.ALGORITHM),
    ({}, {"alg": "None"}, Check.ALGORITHM),
    ({}, {"alg": "HS256"}, Check.ALGORITHM),
    ({}, {"alg": "RS384"}, Check.ALGORITHM),
    ({}, {"alg": "PS256"}, Check.ALGORITHM),
    ({}, {"alg": "rs256"}, Check.ALGORITHM),
    ({}, {"alg": ""}, Check.ALGORITHM),
    ({}, {"kid": "another"}, Check.SIGNATURE),
    ({}, {"kid": None}, Check.SIGNATURE),
    ({}, {"kid": None, "jwk": jwk()}, Check.SIGNATURE),
    ({}, {"kid": "ONE"}, Check.SIGNATURE),
    ({}, {"alg": None}, Check.TOKEN),
    ({}, {"kid": 1}, Check.TOKEN),
    ({}, {"crit": ["exp"]}, Check.TOKEN),
    ({}, {"crit": []}, Check.TOKEN),
    ({}, {"crit": "b64", "b64": False}, Check.TOKEN),
    ({}, {"typ": "at+jwt"}, Check.TOKEN),
    ({"sub": None}, {}, Check.TOKEN),
    ({"iss": None}, {}, Check.TOKEN),
    ({"exp": None}, {}, Check.TOKEN),
    ({"iat": None}, {}, Check.TOKEN),
    ({"exp": str(START + 3600)}, {}, Check.TOKEN),
    ({"exp": True}, {}, Check.TOKEN),
    ({"exp": float("inf")}, {}, Check.TOKEN),
    ({"exp": float("nan")}, {}, Check.TOKEN),
    ({"oid": [PERSON]}, {}, Check.TOKEN),
    ({"oid": {"a": PERSON}}, {}, Check.TOKEN),
    ({"tid": 1}, {}, Check.TOKEN),
    ({"padding": "x" * 17_000}, {}, Check.TOKEN),
]


@pytest.mark.parametrize(("changed", "head", "check"), BAD)
def test_a_token_that_differs_in_one_thing_is_refused_by_its_check(
    changed: dict[str, Any], head: dict[str, Any], check: Check
) -> None:
    assert verify(token()).object_id == PERSON

    assert refused(token(head=head, **changed)).check is check


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": CLIENT.upper()},
        {"tid": DIRECTORY.upper()},
        {"oid": PERSON.upper()},
        {"azp": CLIENT},
        {"nbf": None},
        {"nbf": START + MINUTE},
        {"iat": START + MINUTE},
        {"exp": START - MINUTE + SECOND},
        {"email": "adams@contoso.com", "groups": ["a", "b"], "xms_edov": True},
        {"name": "山田 太郎"},
    ],
)
def test_a_token_that_differs_in_what_may_differ_passes(changed: dict[str, Any]) -> None:
    found = verify(token(**changed))

    assert (found.directory_id, found.object_id) == (DIRECTORY, PERSON)


@pytest.mark.parametrize(
    "head",
    [{"x5t": "thumb"}, {"typ": None}, {"jku": "https://evil.example"}, {"x5c": ["MII"]}],
)
def test_what_a_header_says_besides_is_passed_over(head: dict[str, Any]) -> None:
    assert verify(token(head=head)).object_id == PERSON


def test_keys_that_a_token_brings_along_are_not_used() -> None:
    raw = token(key="mallory", head={"jwk": jwk("mallory"), "kid": "one"})

    assert refused(raw).check is Check.SIGNATURE


def test_a_token_signed_by_another_key_of_the_same_name_is_refused() -> None:
    assert refused(token(key="mallory")).check is Check.SIGNATURE
    assert (
        verify(token(key="mallory", head={"kid": "mallory"}), keys=key_set("mallory")).object_id
        == PERSON
    )


def test_claims_are_not_read_before_the_signature_is_checked() -> None:
    assert refused(sign(header(), b"no json", "mallory")).check is Check.SIGNATURE
    assert refused(sign(header(), b"no json", "one")).check is Check.TOKEN


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"\xef\xbb\xbf{}",
        b'{"exp": 1} {}',
        b"[" * 8000,
        b'{"a":' * 2000 + b"1" + b"}" * 2000,
        b'{"iss": "\xff"}',
        b'{"iss": "\\ud800"}',
        '{"iss": "x"}'.encode("utf-16"),
        b'{"exp": 1' + b"0" * 9000 + b"}",
    ],
)
def test_a_payload_that_is_no_plain_json_object_is_refused(payload: bytes) -> None:
    assert refused(sign(header(), payload, "one")).check is Check.TOKEN


@pytest.mark.parametrize("name", ["oid", "tid", "aud", "iss", "exp", "nonce", "anything"])
@pytest.mark.parametrize("spelling", ["{0}", "\\u{1:04x}{2}"])
def test_a_claim_that_is_said_twice_is_refused(name: str, spelling: str) -> None:
    first = spelling.format(name, ord(name[0]), name[1:])
    good = claims(anything="x")
    text = "{" + f'"{first}": "y", ' + _text(good)[1:]
    assert verify(sign(header(), _text(good).encode(), "one")).object_id == PERSON

    assert refused(sign(header(), text.encode(), "one")).check is Check.TOKEN


def test_a_claim_that_is_said_twice_deeper_down_is_refused() -> None:
    text = _text(claims())[:-1] + ', "deep": {"a": 1, "a": 2}}'

    assert refused(sign(header(), text.encode(), "one")).check is Check.TOKEN


def test_a_header_that_says_a_thing_twice_is_refused() -> None:
    doubled = b'{"alg":"none","alg":"RS256","kid":"one"}'

    assert refused(sign(doubled, claims(), "one")).check is Check.TOKEN


@pytest.mark.parametrize("minutes", [0, 30, 60, 60.9])
def test_a_token_is_good_until_a_minute_after_its_end(minutes: float) -> None:
    assert verify(token(), now=NOW + timedelta(minutes=minutes)).object_id == PERSON


def test_a_token_is_over_a_minute_after_its_end() -> None:
    assert refused(token(), now=NOW + timedelta(minutes=61)).check is Check.EXPIRY


@pytest.mark.parametrize("more", [".", ".e30", "." + "A" * 17_000, "A" * 17_000])
def test_a_token_of_more_parts_or_of_more_characters_is_none(more: str) -> None:
    assert refused(token() + more).check is Check.TOKEN


@pytest.mark.parametrize(
    ("name", "claim", "check"),
    [("audience", "aud", Check.AUDIENCE), ("directory_id", "tid", Check.DIRECTORY)],
)
@pytest.mark.parametrize("value", ["", "contoso.com"])
def test_where_no_id_is_expected_none_fits(name: str, claim: str, check: Check, value: str) -> None:
    expected = dataclasses.replace(EXPECTED, **{name: value})
    changed: dict[str, Any] = {claim: value}

    with pytest.raises(TokenRefusedError) as caught:
        verify_id_token(token(**changed), expected=expected, keys=key_set(), now=NOW)

    assert caught.value.check is check


def test_an_attempt_without_a_nonce_lets_no_token_in() -> None:
    expected = dataclasses.replace(EXPECTED, nonce="")

    with pytest.raises(TokenRefusedError) as caught:
        verify_id_token(token(nonce=""), expected=expected, keys=key_set(), now=NOW)

    assert caught.value.check is Check.NONCE


def test_the_name_of_the_key_is_read_of_well_formed_tokens_alone() -> None:
    assert key_name(token()) == "one"
    assert key_name(token(head={"kid": None})) == ""
    for bad in ("", "a.b", "a.b.c.d", token(head={"alg": "none"})):
        with pytest.raises(TokenRefusedError):
            key_name(bad)


def test_names_are_cut_and_cannot_turn_the_text_around() -> None:
    found = verify(token(name="A\u202eB\nC\x00" + "x" * 300))

    assert found.name == "ABC" + "x" * 253


def test_what_is_shown_of_a_foreign_claim_is_short_and_plain() -> None:
    detail = refused(token(tid="\u202e\n" + "x" * 500)).detail

    assert len(detail) < 250
    assert detail.isprintable()


# --- verified claims are made by the verifier alone ---------------------------------------------


def test_nobody_else_can_make_verified_claims() -> None:
    values: dict[str, Any] = {
        "object_id": PERSON,
        "directory_id": DIRECTORY,
        "name": "",
        "principal_name": "",
        "session_id": "",
        "logout_hint": "",
        "issued_at": NOW,
    }
    for proof in (None, object(), True, "proof"):
        with pytest.raises(TypeError):
            VerifiedClaims(**values, proof=proof)
    with pytest.raises(TypeError):
        VerifiedClaims(**values)


def test_verified_claims_are_not_made_into_others() -> None:
    found: Any = verify(token())

    with pytest.raises((TypeError, ValueError)):
        dataclasses.replace(found, object_id=OTHER_DIRECTORY)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.object_id = OTHER_DIRECTORY
    with pytest.raises(TypeError):
        pickle.dumps(found)
    with pytest.raises(TypeError):
        copy.copy(found)


def test_verified_claims_show_ids_alone() -> None:
    shown = repr(verify(token(login_hint="opaque")))

    assert PERSON in shown
    assert all(secret not in shown for secret in ("Adams", "adams", "a-session", "opaque"))


def _text(value: dict[str, Any]) -> str:
    return json.dumps(value)
