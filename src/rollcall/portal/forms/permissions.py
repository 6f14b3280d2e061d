"""Forms of the tab Permissions: the ids, the cloud, a new key pair, the time of the sync."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from rollcall.integrations.operations import MOST_CERTIFICATE_DAYS

GUID_CHARACTERS: Final = 36


def read_guid(text: str) -> str:
    """Return a GUID as Microsoft writes it, or raise ValidationError saying what was typed."""
    bare = text.strip().strip("{}").lower()
    try:
        value = str(uuid.UUID(bare))
    except ValueError:
        value = ""
    if value and value == bare:
        return value
    raise forms.ValidationError(_why_no_guid(text.strip()), code="bad-guid")


def _why_no_guid(text: str) -> str:
    if "@" in text or ("." in text and "-" not in text):
        return gettext(
            "This is a domain or an address, not a GUID. Copy the id from the application's "
            "overview page in Entra: 36 characters with four hyphens."
        )
    if "~" in text or len(text) > GUID_CHARACTERS:
        return gettext(
            "This is not a GUID; it looks like a secret or more than the id. No client secret is "
            "needed. Copy the id alone from the application's overview page in Entra."
        )
    return gettext(
        "This is not a GUID: %(count)s of 36 characters, such as "
        "3f2504e0-4f89-11d3-9a0c-0305e82c3301. Copy it from the application's overview page."
    ) % {"count": len(text)}


def _id_field(label: Any, help_text: Any) -> forms.CharField:
    words = {"spellcheck": "false", "autocomplete": "off", "dir": "ltr", "class": "mono"}
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=200,
        widget=forms.TextInput(attrs=words),
        error_messages={"required": _("Paste the id from the application's overview page.")},
    )


class IdsForm(forms.Form):
    """Which application in which directory."""

    application_id = _id_field(
        _("Application (client) ID"),
        _("On the application's overview page in Entra; not the Object ID beside it."),
    )
    directory_id = _id_field(
        _("Directory (tenant) ID"), _("On the same page, just below the other one.")
    )

    def clean_application_id(self) -> str:
        """Return the id as Microsoft writes it."""
        return read_guid(self.cleaned_data["application_id"])

    def clean_directory_id(self) -> str:
        """Return the id as Microsoft writes it."""
        return read_guid(self.cleaned_data["directory_id"])

    @override
    def clean(self) -> dict[str, Any]:
        """Refuse one id for both."""
        values = self.cleaned_data
        ids = (values.get("application_id"), values.get("directory_id"))
        if ids[0] and ids[0] == ids[1]:
            self.add_error(
                "directory_id",
                gettext("This is the same id as above. The directory has one of its own."),
            )
        return values


class CloudForm(forms.Form):
    """Where the directory lives."""

    cloud = forms.ChoiceField(
        label=_("National cloud"),
        help_text=_(
            "GLOBAL unless your organisation signs in at another address than "
            "login.microsoftonline.com. CHINA is operated by 21Vianet."
        ),
    )

    def __init__(self, *args: Any, clouds: Sequence[str], **values: Any) -> None:
        super().__init__(*args, **values)
        field = self.fields["cloud"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(name, _shown(name)) for name in clouds]


def _shown(name: str) -> str:
    names: Mapping[str, Any] = {
        "GLOBAL": _("GLOBAL (Microsoft 365 worldwide)"),
        "CHINA": _("CHINA (operated by 21Vianet)"),
        "USGOV_L4": _("USGOV_L4 (US Government GCC High)"),
        "USGOV_L5": _("USGOV_L5 (US Government DoD)"),
    }
    return str(names.get(name, name))


class KeyForm(forms.Form):
    """For how long a new certificate is valid."""

    days = forms.IntegerField(
        label=_("Valid for how many days"),
        min_value=1,
        max_value=MOST_CERTIFICATE_DAYS,
        help_text=_(
            "A year is usual. Choose less if Entra refuses the upload because of a policy of "
            "your organisation."
        ),
        widget=forms.NumberInput(attrs={"class": "short", "inputmode": "numeric"}),
    )


class TimeForm(forms.Form):
    """When the nightly sync runs."""

    sync_time = forms.TimeField(
        label=_("Time of sync"),
        input_formats=["%H:%M", "%H:%M:%S"],
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time", "class": "short"}),
        error_messages={"invalid": _("Write a time of day as HH:MM, such as 00:00 or 23:30.")},
    )
