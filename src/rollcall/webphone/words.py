"""How the web phone calls things: kinds of people, kinds of numbers, and how much was found."""

from collections.abc import Iterable
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from rollcall.webphone.look_up import Group, Kind

TITLES: Final = {
    Kind.COLLEAGUES: gettext_lazy("Colleagues"),
    Kind.OWN: gettext_lazy("My contacts"),
    Kind.COMPANY: gettext_lazy("Company contacts"),
}
SINGULAR: Final = {
    Kind.COLLEAGUES: gettext_lazy("Colleague"),
    Kind.OWN: gettext_lazy("My contact"),
    Kind.COMPANY: gettext_lazy("Company contact"),
}
NOBODY: Final = {
    Kind.COLLEAGUES: gettext_lazy("Nobody has an extension yet."),
    Kind.OWN: gettext_lazy(
        "Nothing is here yet. Your contacts come from Outlook once your administrator has "
        "switched that on."
    ),
    Kind.COMPANY: gettext_lazy("The company has no contacts yet."),
}
NUMBERS: Final = {
    "extension": gettext_lazy("Extension"),
    "business": gettext_lazy("Business"),
    "mobile": gettext_lazy("Mobile"),
    "home": gettext_lazy("Home"),
    "fax": gettext_lazy("Fax"),
    "other": gettext_lazy("Other"),
}

PAD: Final = (
    ("1", ""),
    ("2", "abc"),
    ("3", "def"),
    ("4", "ghi"),
    ("5", "jkl"),
    ("6", "mno"),
    ("7", "pqrs"),
    ("8", "tuv"),
    ("9", "wxyz"),
    ("*", ""),
    ("0", "+"),
    ("#", ""),
)
"""The keys of a phone, with their letters (ITU-T E.161)."""

SHORTCUTS: Final = (
    (("/",), gettext_lazy("Search")),
    (("Alt", "P"), gettext_lazy("Dial pad")),
    (("Alt", "A"), gettext_lazy("Answer")),
    (("Alt", "X"), gettext_lazy("Decline, or end the call")),
    (("Alt", "M"), gettext_lazy("Mute, and no longer")),
    (("Alt", "H"), gettext_lazy("Hold, and take back")),
    (("Alt", "T"), gettext_lazy("Transfer")),
    (("Alt", "K"), gettext_lazy("Keypad")),
    (("?",), gettext_lazy("These keys")),
)


def say_how_many(groups: Iterable[Group]) -> str:
    """Say how much was found, for those who do not see it."""
    shown = sum(len(each.rows) for each in groups)
    if not shown:
        return _("Nothing was found.")
    if any(each.more or each.later or each.earlier for each in groups):
        text = ngettext(
            "%(n)s is shown, there are more.", "%(n)s are shown, there are more.", shown
        )
    else:
        text = ngettext("%(n)s was found.", "%(n)s were found.", shown)
    return text % {"n": shown}
