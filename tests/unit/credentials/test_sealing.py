"""Secrets at rest: what is sealed opens with its key at its place, and nowhere else."""

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from rollcall.credentials.sealing import KeyRing, SealingError, seal, unseal
from rollcall.credentials.secret import Secret

PLACE = "integrations_keypair.private_key 1 7"
RING = KeyRing(current="k1", keys={"k1": Secret(b"1" * 32)})
RENEWED = KeyRing(current="k2", keys={**RING.keys, "k2": Secret(b"2" * 32)})


@given(st.binary(max_size=300), st.text(max_size=20))
def test_what_is_sealed_opens_at_its_place(value: bytes, place: str) -> None:
    sealed = seal(RING, Secret(value), place=place)

    assert unseal(RING, sealed, place=place).reveal() == value
    assert len(value) < 8 or value not in sealed


def test_the_same_secret_is_never_sealed_to_the_same_bytes() -> None:
    assert len({seal(RING, Secret(b"secret"), place=PLACE) for _ in range(100)}) == 100


def test_what_is_moved_to_another_place_does_not_open() -> None:
    sealed = seal(RING, Secret(b"secret"), place=PLACE)

    with pytest.raises(SealingError, match="moved"):
        unseal(RING, sealed, place="integrations_keypair.private_key 1 8")


@given(st.data())
def test_what_is_changed_anywhere_or_cut_does_not_open(data: st.DataObject) -> None:
    sealed = seal(RING, Secret(b"secret"), place=PLACE)
    position = data.draw(st.integers(0, len(sealed) - 1))
    bit = 1 << data.draw(st.integers(0, 7))
    changed = bytes((*sealed[:position], sealed[position] ^ bit, *sealed[position + 1 :]))

    for broken in (changed, sealed[:position], sealed + b"x"):
        with pytest.raises(SealingError):
            unseal(RING, broken, place=PLACE)


@given(st.binary(max_size=60))
def test_no_bytes_at_all_open_or_break_the_program(junk: bytes) -> None:
    with pytest.raises(SealingError):
        unseal(RING, junk, place=PLACE)


def test_a_key_can_be_renewed_while_the_old_one_still_opens() -> None:
    old, new = (seal(ring, Secret(b"secret"), place=PLACE) for ring in (RING, RENEWED))

    assert unseal(RENEWED, old, place=PLACE) == unseal(RENEWED, new, place=PLACE)
    with pytest.raises(SealingError, match="“k2”, which is not in the file"):
        unseal(RING, new, place=PLACE)


def test_another_key_of_the_same_name_does_not_open() -> None:
    other = KeyRing(current="k1", keys={"k1": Secret(b"3" * 32)})

    with pytest.raises(SealingError, match="does not open"):
        unseal(other, seal(RING, Secret(b"secret"), place=PLACE), place=PLACE)


def test_a_ring_does_not_print_its_keys() -> None:
    assert "1111" not in repr(RING)
    assert "MTEx" not in repr(RING)


def test_a_sealed_value_has_the_form_that_is_written_down() -> None:
    sealed = seal(RING, Secret(b"secret"), place=PLACE)

    head, nonce, ciphertext = sealed[:4], sealed[4:16], sealed[16:]

    assert head == bytes((1, 2)) + b"k1"
    assert AESGCM(b"1" * 32).decrypt(nonce, ciphertext, PLACE.encode()) == b"secret"
    assert len(ciphertext) == len("secret") + 16
