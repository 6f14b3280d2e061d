"""Passwords: which are good enough, how they are kept, and whether one is right.

Whoever asks for an account that is not there waits as long as for one that is.
"""

import re
import unicodedata
from functools import cache
from typing import Final

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.utils.translation import gettext as _

from rollcall.core.errors import SetupError

SHORTEST: Final = 12
LONGEST: Final = 200
DISTINCT: Final = 5
"""So many different characters a password has at least."""

TELLING: Final = 4
"""A part of a mail address that is shorter says nothing about it."""

_ENDING = re.compile(r"[\d\W_]+$")


def check_policy(password: str, *, email: str) -> None:
    """Raise SetupError if a password is too easy to guess; the sentence says why."""
    text = _normal(password)
    if len(text) < SHORTEST:
        raise _bad(
            _("Use at least %(count)s characters. Several words in a row are easy to remember.")
            % {"count": SHORTEST}
        )
    if len(text) > LONGEST:
        raise _bad(_("Use at most %(count)s characters.") % {"count": LONGEST})
    if len(set(text)) < DISTINCT:
        raise _bad(_("This repeats a few characters. Use more different ones."))
    if _is_common(text.casefold()):
        raise _bad(_("This is one of the passwords that are tried first. Choose another one."))
    if _is_address(text.casefold(), email.casefold()):
        raise _bad(_("This is too close to the mail address. Choose another one."))


def _bad(sentence: str) -> SetupError:
    return SetupError(sentence, code="bad-password")


def _is_common(text: str) -> bool:
    core = _ENDING.sub("", text)
    half, odd = divmod(len(text), 2)
    repeated = text[:half] if not odd and text[:half] == text[half:] else ""
    known = _common()
    return any(each in known for each in (text, core, repeated) if each)


def _is_address(text: str, email: str) -> bool:
    local = email.partition("@")[0]
    core = _ENDING.sub("", text)
    near = core == local or (text.startswith(local) and len(text) - len(local) <= TELLING)
    return email in text or (len(local) >= TELLING and near)


@cache
def _common() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords)


def hash_password(password: str) -> str:
    """Return what is kept of a password."""
    return make_password(_normal(password))


def is_right(password: str, kept: str) -> bool:
    """Tell whether this is the password of which `kept` was kept; nothing kept takes as long."""
    if kept:
        return check_password(_normal(password)[: LONGEST + 1], kept)
    spend_time(password)
    return False


def spend_time(password: str) -> None:
    """Take as long as comparing a password takes."""
    make_password(_normal(password)[: LONGEST + 1])


def _normal(password: str) -> str:
    """Return one form of a password, however a keyboard makes its accents."""
    return unicodedata.normalize("NFKC", password)
