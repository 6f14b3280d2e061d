"""The settings on the tabs User sync, Sign in and Contact sync."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from rollcall.core.errors import SetupError
from rollcall.integrations.queries import IntegrationView
from rollcall.integrations.rules import MOST_DAYS, leaver_values, range_values

NUMBER: Final = {"inputmode": "numeric", "class": "short", "size": 15, "maxlength": 20}

SENTENCES: Final = {
    "bad-number": _("An extension number has 3 to 13 digits, and the first one is not 0."),
    "bad-range": _(
        "The last number needs a first one with as many digits, and does not come before it."
    ),
    "bad-leavers": _("Say after how many days the number is released, such as 30."),
    "no-way-in": _(
        "There is no local administrator with a password who could come in when Microsoft does "
        "not answer. Give one administrator a password first."
    ),
}
"""What an operation's error says here, by its code."""


class TabForm(forms.Form):
    """The switches and choices of a tab. `values` are columns of the integration."""

    plain: tuple[str, ...] = ()
    at_fields: Mapping[str, str] = {}
    """The field at which an error of an operation stands, by its code."""

    def __init__(self, data: Any = None, *, current: IntegrationView) -> None:
        """Show the settings as they are, or take what was sent."""
        super().__init__(data, initial=self.begin_with(current))

    def begin_with(self, current: IntegrationView) -> dict[str, Any]:
        """Return what the fields show at first."""
        return {name: getattr(current, name) for name in self.plain}

    @property
    def values(self) -> dict[str, Any]:
        """The columns to set, of a form that is valid."""
        return {name: self.cleaned_data[name] for name in self.plain}

    def refuse(self, error: SetupError) -> None:
        """Show an operation's error at the field that it is about."""
        sentence = SENTENCES.get(error.code)
        self.add_error(self.at_fields.get(error.code), str(sentence or error))


class UsersForm(TabForm):
    """How people come in, with which numbers, and what becomes of those who leave."""

    plain = ("users", "guests", "photos", "names", "link")
    at_fields: Mapping[str, str] = {
        "bad-range": "last_extension",
        "bad-number": "first_extension",
        "bad-leavers": "release_days",
    }

    users = forms.BooleanField(
        required=False,
        label=_("Synchronise people"),
        help_text=_(
            "Everybody who is selected below gets an extension, and follows Microsoft 365."
        ),
    )
    first_extension = forms.CharField(
        required=False,
        label=_("Starting extension number"),
        help_text=_("3 to 13 digits, the first one not 0. Left empty, the tenant's own range."),
        widget=forms.TextInput(attrs=NUMBER),
    )
    last_extension = forms.CharField(
        required=False,
        label=_("Last extension number"),
        help_text=_("As many digits as the first. Left empty, all numbers of that length."),
        widget=forms.TextInput(attrs=NUMBER),
    )
    guests = forms.BooleanField(
        required=False,
        label=_("Guests, too"),
        help_text=_("People of other organisations who were invited into the directory."),
    )
    photos = forms.BooleanField(
        required=False,
        label=_("Photos"),
        help_text=_("Each photo is fetched once, and again when it changes."),
    )
    names = forms.ChoiceField(
        label=_("People with neither first nor last name"),
        choices=[
            ("skip", _("Skip them, and say so in the report")),
            ("display-name", _("Let the display name do")),
        ],
        widget=forms.RadioSelect,
    )
    leavers = forms.ChoiceField(
        label=_("What becomes of them"),
        choices=[
            ("block", _("Block: no sign-in, no phone; the number is kept for their return")),
            ("keep", _("Keep working: the extension stays as it is")),
            ("release", _("Block, and release the number after some days")),
        ],
        widget=forms.RadioSelect,
    )
    release_days = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=MOST_DAYS,
        label=_("Days until the number is released"),
        help_text=_(
            "Then the number can be given to others, and the person's contacts are deleted."
        ),
        widget=forms.NumberInput(attrs={"class": "short"}),
    )
    link = forms.ChoiceField(
        label=_("An extension with the same mail address is there already"),
        choices=[
            ("ask", _("Ask: the person waits until an administrator links or separates them")),
            ("link", _("Link: the extension becomes the person's, with its number")),
            ("never", _("Never link: the person gets a new number")),
        ],
        widget=forms.RadioSelect,
    )

    @override
    def begin_with(self, current: IntegrationView) -> dict[str, Any]:
        """Return what the fields show at first."""
        first, last = current.first_extension, current.last_extension
        return super().begin_with(current) | {
            "first_extension": "" if first is None else str(first),
            "last_extension": "" if last is None else str(last),
            "leavers": current.leavers,
            "release_days": current.release_days,
        }

    @override
    def clean(self) -> dict[str, Any]:
        """Check the range and the policy by the rules that commands go by, too."""
        cleaned = super().clean() or {}
        self._checked: dict[str, Any] = {}
        if self.errors:
            return cleaned
        try:
            first, last = (cleaned[name].strip() for name in ("first_extension", "last_extension"))
            self._checked |= range_values(first, last)
            self._checked |= leaver_values(cleaned["leavers"], cleaned["release_days"])
        except SetupError as error:
            self.refuse(error)
        return cleaned

    @property
    @override
    def values(self) -> dict[str, Any]:
        """The columns to set, of a form that is valid."""
        return super().values | self._checked


class SignInForm(TabForm):
    """Who may sign in with Microsoft, and whether others may still do so otherwise."""

    plain = ("sign_in", "enforce_sign_in")
    at_fields: Mapping[str, str] = {"no-way-in": "enforce_sign_in"}

    sign_in = forms.BooleanField(
        required=False,
        label=_("Sign in with Microsoft"),
        help_text=_("Synchronised people sign in with their Microsoft account."),
    )
    enforce_sign_in = forms.BooleanField(
        required=False,
        label=_("Enforce Microsoft sign-in"),
        help_text=_(
            "Synchronised people cannot use a password any more. One local administrator with a "
            "password always remains, for the day when Microsoft does not answer."
        ),
    )


class ContactsForm(TabForm):
    """Whose contacts are read: people's own, and the company's from shared mailboxes."""

    plain = ("personal_contacts", "company_contacts", "subfolders")

    personal_contacts = forms.BooleanField(
        required=False,
        label=_("Synchronise personal contacts"),
        help_text=_(
            "Each person finds the contacts of the own mailbox, and nobody else does. Needs "
            "Contacts.Read."
        ),
    )
    company_contacts = forms.BooleanField(
        required=False,
        label=_("Synchronise company contacts"),
        help_text=_(
            "Everybody finds the contacts of the shared mailboxes that are chosen here. Needs "
            "Contacts.Read."
        ),
    )
    subfolders = forms.BooleanField(
        required=False,
        label=_("Sub-folders of the folder Contacts, too"),
        help_text=_("Off, only what lies in the folder Contacts itself is read."),
    )
