"""Which passwords are good enough, and that one is the same however a keyboard makes it."""

import pytest

from rollcall.accounts.passwords import check_policy, hash_password, is_right
from rollcall.core.errors import SetupError

EMAIL = "ada.lovelace@contoso.example"


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "Kq7#vT2!mZ9$",
        "пароль из многих слов",
        "ada likes long passwords",
        "ünïcödé ist auch erlaubt",
    ],
)
def test_long_ones_that_nobody_guesses_are_good(password: str) -> None:
    check_policy(password, email=EMAIL)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "at least 12"),
        ("eleven char", "at least 12"),
        ("x" * 201, "at most 200"),
        ("aaaaaaaaaaaa", "repeats a few"),
        ("abcabcabcabcabc", "repeats a few"),
        ("password1234", "tried first"),
        ("Password2026!", "tried first"),
        ("qwertyqwerty", "tried first"),
        ("iloveyou!!!!!!", "tried first"),
        (EMAIL, "mail address"),
        (f"my {EMAIL} 1", "mail address"),
        ("ada.lovelace2026", "mail address"),
    ],
)
def test_others_are_refused_with_the_reason(password: str, why: str) -> None:
    with pytest.raises(SetupError, match=why):
        check_policy(password, email=EMAIL)


def test_one_password_in_two_forms_of_unicode_is_the_same() -> None:
    kept = hash_password("café au lait noir")

    assert kept.startswith("argon2$argon2id$")
    assert is_right("cafe\u0301 au lait noir", kept)
    assert not is_right("cafe au lait noir", kept)
    assert not is_right("café au lait noir", "")
    assert not is_right("", kept)
