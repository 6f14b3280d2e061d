"""The form of a contact that is made by hand."""

from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from rollcall.core.errors import SetupError
from rollcall.core.records import Phone, PostalAddress
from rollcall.phonebook.listing import ContactDetail
from rollcall.phonebook.own_operations import LONGEST, MOST_PHONES, ContactDraft

KINDS: Final = {
    "business": _("Business"),
    "mobile": _("Mobile"),
    "home": _("Home"),
    "fax": _("Fax"),
    "other": _("Other"),
}
TEXTS: Final = {
    "display_name": _("Display name"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "company": _("Company"),
    "job_title": _("Job title"),
    "department": _("Department"),
}
ADDRESS: Final = {
    "street": _("Street"),
    "postal_code": _("Postal code"),
    "city": _("City"),
    "country": _("Country"),
}
FEWEST: Final = 3
SPARE: Final = 1
"""How many lines for numbers there are, and how many of them are empty."""

LONGEST_LIST: Final = 5000


class ContactForm(forms.Form):
    """A contact: names, numbers with their kind, mail addresses, a business address."""

    def __init__(self, *args: Any, lines: int = FEWEST, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = min(max(lines, FEWEST), MOST_PHONES)
        for name, label in TEXTS.items():
            self.fields[name] = forms.CharField(label=label, required=False, max_length=LONGEST)
        self.fields["display_name"].help_text = _(
            "Without one, first and last name are shown, or the company."
        )
        for index in range(self.lines):
            place = {"n": index + 1}
            self.fields[f"kind{index}"] = forms.ChoiceField(
                label=_("Kind of number %(n)s") % place,
                choices=list(KINDS.items()),
                required=False,
                widget=forms.Select(attrs={"class": "short"}),
            )
            self.fields[f"number{index}"] = forms.CharField(
                label=_("Number %(n)s") % place,
                required=False,
                max_length=LONGEST,
                widget=forms.TextInput(
                    attrs={"inputmode": "tel", "autocomplete": "off", "dir": "ltr"}
                ),
            )
        self.fields["emails"] = forms.CharField(
            label=_("Mail addresses"),
            required=False,
            max_length=LONGEST_LIST,
            help_text=_("One a line."),
            widget=forms.Textarea(attrs={"rows": 2, "dir": "ltr", "spellcheck": "false"}),
        )
        for name, label in ADDRESS.items():
            self.fields[name] = forms.CharField(label=label, required=False, max_length=LONGEST)

    @override
    def clean(self) -> dict[str, Any]:
        """Ask for some name."""
        given = super().clean() or self.cleaned_data
        named = any(
            given.get(name) for name in ("display_name", "first_name", "last_name", "company")
        )
        if not named and not self.errors:
            self.add_error("display_name", _("Give a name, or a company."))
        return given

    def refuse(self, error: SetupError) -> None:
        """Show a refusal at the field that it is about, or above the form."""
        field = getattr(error, "field", "")
        if field == "phones":
            field = self._field_of_number(str(error))
        self.add_error(field if field in self.fields else None, str(error))

    def _field_of_number(self, sentence: str) -> str:
        for index in range(self.lines):
            number = self.cleaned_data.get(f"number{index}", "").strip()
            if number and number in sentence:
                return f"number{index}"
        return "number0"

    def draft(self) -> ContactDraft:
        """Return what was typed, as a contact."""
        given = self.cleaned_data
        phones = [
            Phone(kind=given[f"kind{index}"] or "business", number=given[f"number{index}"])
            for index in range(self.lines)
            if given[f"number{index}"].strip()
        ]
        return ContactDraft(
            **{name: given[name] for name in TEXTS},
            phones=phones,
            emails=given["emails"].splitlines(),
            addresses=[PostalAddress("business", **{name: given[name] for name in ADDRESS})],
        )

    def names(self) -> list[forms.BoundField]:
        """Return the fields of the names."""
        return [self[name] for name in TEXTS]

    def numbers(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """Return the fields of the numbers: kind, number."""
        return [(self[f"kind{index}"], self[f"number{index}"]) for index in range(self.lines)]

    def address(self) -> list[forms.BoundField]:
        """Return the fields of the address."""
        return [self[name] for name in ADDRESS]


def initial_of(contact: ContactDetail) -> dict[str, str]:
    """Return what a form for this contact begins with."""
    initial = {name: getattr(contact, name) for name in TEXTS}
    for index, phone in enumerate(contact.phones):
        initial |= {f"kind{index}": phone.kind, f"number{index}": phone.number}
    initial["emails"] = "\n".join(contact.emails)
    address = next((each for each in contact.addresses if each.kind == "business"), None)
    if address is not None:
        initial |= {name: getattr(address, name) for name in ADDRESS}
    return initial


def lines_for(count: int) -> int:
    """Return how many lines a form has for `count` numbers."""
    return count + SPARE


def count_lines(names: Iterable[str]) -> int:
    """Return how many lines for numbers a form had that was sent."""
    return sum(name.startswith("number") for name in names)
