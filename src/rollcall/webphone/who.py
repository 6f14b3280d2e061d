"""Who calls, or was called: the name that the web phone shows beside a number.

What is shown of it (name, company, photo) is what the asker may see in the phone book, too.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from django.utils.translation import gettext as _

from rollcall.core.phone import normalise_number
from rollcall.core.written_numbers import OUTSIDE, show_number
from rollcall.phonebook.caller import Caller, CallerKind, find_callers
from rollcall.webphone.look_up import Asker

NOBODY: Final = "none"
MOST: Final = 200
"""So many numbers are looked up at once: a page of a list."""

LONGEST: Final = 64


class CallerName(msgspec.Struct, frozen=True):
    """A number, and whose it is: `kind` is own, company, colleague or none (then without a name).

    `number` is for reading; `photo` is the digest of a colleague's photo, `id` the contact's or the
    extension's. `others` have the same number, and are of the same kind.
    """

    number: str
    name: str = ""
    kind: str = NOBODY
    about: str = ""
    photo: str = ""
    extension: str = ""
    id: int | None = None
    others: int = 0


def who_calls(asker: Asker, number: str) -> CallerName:
    """Return whose number it is, as the switch shows it or as somebody dialled it."""
    return who_called(asker, [number])[number]


def who_called(asker: Asker, numbers: Sequence[str]) -> Mapping[str, CallerName]:
    """Return whose numbers these are, all of them, in one query."""
    asked = list(dict.fromkeys(numbers))
    wanted = [each for each in asked[:MOST] if len(each) <= LONGEST]
    found = find_callers(asker.tenant_id, asker.extension_id, wanted, country=asker.country)
    return {each: _shown(each[:LONGEST], found.get(each), asker.country) for each in asked}


def _shown(number: str, caller: Caller | None, country: str) -> CallerName:
    if caller is None:
        return CallerName(_readable(number, country))
    inside = caller.kind is CallerKind.COLLEAGUE and caller.extension == number
    return CallerName(
        number=number if inside else _readable(number, country),
        name=caller.name,
        kind=caller.kind.value,
        about=caller.about,
        photo=caller.photo,
        extension=caller.extension,
        id=caller.id,
        others=caller.others,
    )


def _readable(number: str, country: str) -> str:
    if number.startswith(OUTSIDE):
        return _("%(number)s (from outside)") % {"number": number.removeprefix(OUTSIDE)}
    dialled = normalise_number(number, country)
    if dialled.e164 is None or dialled.extension:
        return number
    return show_number(dialled.e164, country)
