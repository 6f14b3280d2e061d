"""Forms of extensions: a number, what is shown of a person, a photo; many at once."""

import re
from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from rollcall.core.errors import SetupError
from rollcall.core.photos import PHOTO_BYTES
from rollcall.telephony.operations import EDITABLE

LONGEST: Final = 200
MOST_PROBLEMS: Final = 50
LONGEST_IMPORT: Final = 5 * 1024 * 1024
LABELS: Final = {
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "display_name": _("Display name"),
    "email": _("Mail address"),
    "mobile_phone": _("Mobile phone"),
    "business_phone": _("Business phone"),
    "job_title": _("Job title"),
    "department": _("Department"),
    "office": _("Office"),
    "company": _("Company"),
}
HELP: Final = {
    "display_name": _("How the person is shown. Without one, first and last name are."),
    "email": _("By it the extension is proposed to a person of the directory."),
}
NUMBER: Final = re.compile(r"^[1-9][0-9]{2,12}\Z")
NO_NUMBER: Final = _("An extension number has 3 to 13 digits, and the first one is not 0.")
AT_FIELD: Final = {
    "number-taken": "number",
    "reserved": "number",
    "bad-number": "number",
    "photo": "photo",
}
"""Which field an operation's refusal is about."""


class ErrorForm(forms.Form):
    """A form that takes an operation's refusal."""

    def refuse(self, error: SetupError) -> None:
        """Show a refusal at the field that it is about, or above the form."""
        field = AT_FIELD.get(error.code) or getattr(error, "field", None)
        self.add_error(field if field in self.fields else None, str(error))


def number_field(help_text: Any = "") -> forms.CharField:
    """Return a field for an extension number; whether it is one, the operation says."""
    return forms.CharField(
        label=_("Number"),
        max_length=20,
        help_text=help_text,
        validators=[RegexValidator(NUMBER, NO_NUMBER)],
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "dir": "ltr", "class": "short"}
        ),
    )


class NumberForm(ErrorForm):
    """The number alone: all of a synchronised extension that is edited here."""

    number = number_field(_("3 to 13 digits, the first one not 0."))


class ExtensionForm(NumberForm):
    """A hand-made extension."""

    photo = forms.FileField(
        label=_("Photo"),
        required=False,
        help_text=_("JPEG, PNG, GIF, WebP or BMP, up to 4 MB. It is made smaller."),
        widget=forms.FileInput(attrs={"accept": "image/*"}),
    )
    no_photo = forms.BooleanField(label=_("Remove the photo"), required=False)

    def __init__(self, *args: Any, has_photo: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in EDITABLE:
            kind: type[forms.CharField] = forms.EmailField if name == "email" else forms.CharField
            self.fields[name] = kind(
                label=LABELS[name],
                required=False,
                max_length=LONGEST,
                help_text=HELP.get(name, ""),
            )
        if not has_photo:
            del self.fields["no_photo"]
        self.order_fields(["number", *EDITABLE, "photo", "no_photo"])

    def clean_photo(self) -> Any:
        """Refuse a file that is too large to be looked at."""
        photo = self.cleaned_data.get("photo")
        if photo and photo.size > PHOTO_BYTES:
            raise forms.ValidationError(_("The picture is larger than 4 MB. Choose a smaller one."))
        return photo

    @override
    def clean(self) -> dict[str, Any]:
        """Ask for some name: an extension without one cannot be found."""
        given = super().clean() or self.cleaned_data
        named = any(given.get(name) for name in ("display_name", "first_name", "last_name"))
        if not named and "display_name" not in self.errors:
            self.add_error("display_name", _("Give a display name, or a first or last name."))
        return given

    def texts(self) -> dict[str, str]:
        """Return the fields of the extension."""
        return {name: self.cleaned_data[name] for name in EDITABLE}


class LinkForm(ErrorForm):
    """Which person of the directory an extension is to become."""

    person = forms.CharField(
        label=_("Person of the directory"),
        max_length=LONGEST,
        help_text=_(
            "Mail address, principal name, object id, or the display name if it is unique."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class ImportForm(ErrorForm):
    """Numbers to keep: a file, or lines that were pasted."""

    lines = forms.CharField(
        label=_("Lines"),
        required=False,
        strip=False,
        max_length=LONGEST_IMPORT,
        widget=forms.Textarea(attrs={"rows": 8, "dir": "ltr", "spellcheck": "false"}),
        help_text=_("One person a line: object id or mail address, a comma, the number."),
    )
    file = forms.FileField(
        label=_("Or a CSV file"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv,text/plain"}),
    )

    @override
    def clean(self) -> dict[str, Any]:
        """Take the lines from the file, if one was given."""
        given = super().clean() or self.cleaned_data
        file = given.get("file")
        if file:
            if file.size > LONGEST_IMPORT:
                self.add_error("file", _("The file is larger than 5 MB: import it in parts."))
                return given
            try:
                given["lines"] = file.read().decode("utf-8-sig").replace("\0", "")
            except UnicodeDecodeError:
                self.add_error("file", _("This is no text in UTF-8. Save it as CSV UTF-8."))
                return given
        given["lines"] = (given.get("lines") or "").replace("\0", "")
        if not given["lines"].strip() and not self.errors:
            self.add_error("lines", _("Paste some lines, or choose a file."))
        return given

    def show_problems(self, problems: Sequence[str]) -> None:
        """Show what is wrong, line by line, below the lines: those of a file, too."""
        kept = {name: self.data[name] for name in self.data}
        self.data = {**kept, "lines": self.cleaned_data["lines"]}
        self.add_error("lines", _("Nothing was imported. Mend these lines, and look again."))
        for each in problems[:MOST_PROBLEMS]:
            self.add_error("lines", each[:1].upper() + each[1:])
        if len(problems) > MOST_PROBLEMS:
            more = gettext("… and %(n)s more.") % {"n": len(problems) - MOST_PROBLEMS}
            self.add_error("lines", more)

    def read(self) -> list[str]:
        """Return the lines."""
        return str(self.cleaned_data["lines"]).splitlines()
