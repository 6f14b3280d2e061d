"""What is asked for when a token of the API is made."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rollcall.access.operations import DEFAULT_DAYS, LONGEST_NAME, MOST_DAYS
from rollcall.access.scopes import Scope

SCOPES: Final[Mapping[Scope, Promise]] = {
    Scope.READ: _("Read settings, runs, extensions, contacts, phones and the trunk"),
    Scope.EXTENSIONS_WRITE: _("Add, change, delete, link and import extensions"),
    Scope.CONTACTS_WRITE: _("Add, change and delete the company's own contacts"),
    Scope.INTEGRATION_WRITE: _("Change settings, make key pairs, pause, check"),
    Scope.RUNS_WRITE: _("Ask for runs; cancel, apply and discard them"),
    Scope.PHONES_WRITE: _("Add, rename and remove desk phones, give them new passwords"),
    Scope.TRUNK_WRITE: _("Set the trunk, its numbers and the emergency numbers"),
    Scope.CALLS_READ: _("Read who called whom, and when"),
    Scope.AUDIT_READ: _("Read the audit log"),
    Scope.SYSTEM_READ: _("Read all tenants"),
    Scope.SYSTEM_WRITE: _("Add, change, suspend and resume tenants"),
}
"""Each scope, in words."""


class TokenForm(forms.Form):
    """A token to be made."""

    name = forms.CharField(
        label=_("Name"),
        max_length=LONGEST_NAME,
        help_text=_("What uses it, such as “Nightly export to the CRM”."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Say what uses the token.")},
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it allows"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick at least one thing that it allows.")},
    )
    days = forms.IntegerField(
        label=_("Days until it expires"),
        min_value=1,
        max_value=MOST_DAYS,
        initial=DEFAULT_DAYS,
        help_text=_("At most 366. Make the next one before then, and revoke this one."),
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"),
            _("Give a number of days from 1 to 366."),
        ),
    )

    def __init__(self, *args: Any, allowed: Iterable[Scope], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scopes = self.fields["scopes"]
        assert isinstance(scopes, forms.MultipleChoiceField)  # noqa: S101 - so declared above
        scopes.choices = [(scope.value, SCOPES[scope]) for scope in allowed]
