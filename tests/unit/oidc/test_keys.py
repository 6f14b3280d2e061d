"""Of all that a directory publishes, only RSA signature keys of its own are taken."""

import json
from typing import Any

import pytest

from rollcall.oidc.keys import LONGEST_DOCUMENT, MOST_KEYS, KeysError, read_keys
from tests.unit.oidc.samples import DIRECTORY, OTHER_DIRECTORY, jwk, jwks, private_key

HOST = "https://login.microsoftonline.com"
EC = {"kty": "EC", "use": "sig", "kid": "ec", "crv": "P-256", "x": "AA", "y": "AA"}


def names(*keys: Any) -> set[str]:
    """Return the names of the keys that are taken."""
    return set(read_keys(jwks(*keys), directory_id=DIRECTORY).keys)


def test_each_key_is_found_by_its_very_name() -> None:
    keys = read_keys(jwks(jwk("one"), jwk("two")), directory_id=DIRECTORY)

    found = keys.find("two")
    assert found is not None
    assert found.public_numbers() == private_key("two").public_key().public_numbers()
    assert [keys.find(name) for name in ("", "TWO", "three")] == [None] * 3


@pytest.mark.parametrize(
    "changed",
    [
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "EC"},
        {"use": "enc"},
        {"alg": "HS256"},
        {"alg": "PS256"},
        {"kid": ""},
        {"kid": "x" * 257},
        {"kid": None},
        {"n": ""},
        {"n": "AQAB"},
        {"n": "=="},
        {"n": "not base64"},
        {"n": 5},
        {"e": "AQ"},
        {"e": "Ag"},
        {"e": "AQAAAAE"},
        {"e": ""},
        {"issuer": f"{HOST}/{OTHER_DIRECTORY}/v2.0"},
        {"issuer": f"{HOST}/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"},
    ],
)
def test_what_is_no_signature_key_of_the_directory_is_passed_over(changed: dict[str, Any]) -> None:
    assert names(jwk("good"), jwk("odd", **changed)) == {"good"}


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": f"{HOST}/{DIRECTORY}/v2.0"},
        {"issuer": f"{HOST}/{{tenantid}}/v2.0"},
        {"issuer": f"https://login.partner.microsoftonline.cn/{DIRECTORY.upper()}/v2.0"},
        {"alg": "RS256"},
        {"x5c": ["MII"], "x5t": "thumb", "cloud_instance_name": "microsoftonline.com"},
    ],
)
def test_what_microsoft_says_besides_of_a_key_does_not_hinder_it(changed: dict[str, Any]) -> None:
    assert names(jwk("good", **changed)) == {"good"}


def test_keys_that_are_too_short_or_too_long_are_passed_over() -> None:
    assert names(jwk("good"), jwk("short", bits=1024), jwk("long", bits=4608)) == {"good"}


def test_a_name_that_stands_for_two_keys_stands_for_none() -> None:
    double = {**jwk("two"), "kid": "one"}

    assert names(jwk("one"), jwk("good"), double) == {"good"}


def test_keys_of_other_kinds_do_not_hinder_the_good_one() -> None:
    assert names(EC, jwk("good"), {"kty": "new"}) == {"good"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"keys": {}}',
        b'{"keys": [1]}',
        b'{"keys": []}',
        jwks(EC),
        jwks(*[jwk("one", kid=str(number)) for number in range(MOST_KEYS + 1)]),
        jwks(jwk("one", padding="x" * LONGEST_DOCUMENT)),
        b'{"keys": [], ' + jwks(jwk("one"))[1:],
    ],
)
def test_what_holds_no_usable_key_is_refused_with_a_sentence(body: bytes) -> None:
    with pytest.raises(KeysError) as caught:
        read_keys(body, directory_id=DIRECTORY)

    assert str(caught.value).endswith(".")


def test_a_private_key_that_was_published_is_taken_as_a_public_one() -> None:
    body = json.dumps({"keys": [jwk("one", d="AQAB")]}).encode()

    found = read_keys(body, directory_id=DIRECTORY).find("one")
    assert found is not None
    assert not hasattr(found, "sign")
