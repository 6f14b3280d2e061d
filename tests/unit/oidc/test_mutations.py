"""Whatever one changes of a valid token, or of what it is held against: it does not pass."""

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rollcall.oidc import base64url
from rollcall.oidc.claims import Expected, TokenRefusedError, verify_id_token
from tests.unit.oidc.samples import EXPECTED, NOW, claims, header, key_set, sign, token, verify

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n"
VALID = token()
KEYS = key_set()
SIGNED_CLAIMS = ("iss", "aud", "tid", "oid", "ver", "nonce", "exp", "nbf", "iat", "sub")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


def passes(raw: str, expected: Expected = EXPECTED) -> bool:
    try:
        verify_id_token(raw, expected=expected, keys=KEYS, now=NOW)
    except TokenRefusedError:
        return False
    return True


def test_the_token_that_is_changed_here_is_valid() -> None:
    assert passes(VALID)


@given(st.integers(0, len(VALID) - 1), st.sampled_from(ALPHABET))
def test_no_token_with_another_character_passes(place: int, character: str) -> None:
    assume(VALID[place] != character)

    assert not passes(VALID[:place] + character + VALID[place + 1 :])


@given(st.integers(0, len(VALID)), st.text(ALPHABET, min_size=1, max_size=4))
def test_no_token_with_more_characters_passes(place: int, more: str) -> None:
    assert not passes(VALID[:place] + more + VALID[place:])


@given(st.integers(0, len(VALID) - 1), st.integers(1, 40))
def test_no_token_with_fewer_characters_passes(place: int, count: int) -> None:
    assert not passes(VALID[:place] + VALID[place + count :])


@given(st.permutations(VALID.split(".")))
def test_no_token_with_its_parts_in_another_order_passes(parts: list[str]) -> None:
    raw = ".".join(parts)

    assert passes(raw) == (raw == VALID)


@given(st.text(max_size=200) | st.text(ALPHABET, max_size=400))
def test_no_text_at_all_passes_or_breaks_anything(raw: str) -> None:
    assert not passes(raw)


@given(st.sampled_from(SIGNED_CLAIMS), JSON)
def test_no_claim_of_another_value_passes_even_well_signed(name: str, value: Any) -> None:
    good = claims()
    assume(not _means_the_same(name, good[name], value))

    assert not passes(sign(header(), {**good, name: value}, "one"))


@given(st.sampled_from(sorted(set(SIGNED_CLAIMS) - {"nbf"})))
def test_no_token_without_a_claim_passes_even_well_signed(name: str) -> None:
    assert not passes(sign(header(), claims(**{name: None}), "one"))


@given(st.binary(max_size=300))
def test_no_signed_bytes_pass_or_break_anything(payload: bytes) -> None:
    assert not passes(sign(header(), payload, "one"))


@given(st.binary(max_size=100), st.binary(max_size=300))
def test_no_header_breaks_anything(head: bytes, signature: bytes) -> None:
    parts = [head, json.dumps(claims()).encode(), signature]

    assert not passes(".".join(base64url.encode(part) for part in parts))


@given(st.sampled_from(["issuer", "audience", "directory_id", "nonce"]), st.text(max_size=40))
def test_no_token_passes_where_something_else_is_expected(name: str, value: str) -> None:
    expected = dataclasses.replace(EXPECTED, **{name: value})
    assume(expected != EXPECTED)

    assert not passes(VALID, expected)


@given(st.text(max_size=10), st.text(max_size=30))
def test_a_claim_that_nobody_reads_changes_nothing(name: str, value: str) -> None:
    good = claims()
    assume(name not in {*good, "azp", "login_hint"})

    assert verify(sign(header(), {**good, name: value}, "one")).object_id == good["oid"]


def _means_the_same(name: str, good: Any, value: Any) -> bool:
    """Tell whether a value may stand for the good one: times have room, GUIDs no case."""
    if name == "sub":
        return isinstance(value, str)
    if name == "nbf" and value is None:
        return True
    if isinstance(good, int):
        whole = isinstance(value, int) and not isinstance(value, bool)
        now = int(NOW.timestamp())
        over, future = now - 60, now + 60
        return whole and (value > over if name == "exp" else value <= future)
    return isinstance(value, str) and value.lower() == good.lower()


@pytest.mark.parametrize("last", ["", "A", "="])
def test_the_last_character_of_a_part_has_one_spelling(last: str) -> None:
    head, payload, signature = VALID.split(".")
    spellings = [
        text
        for text in (signature[:-1] + each for each in ALPHABET[:64])
        if passes(f"{head}.{payload}.{text}{last}")
    ]

    assert spellings == ([signature] if not last else [])
