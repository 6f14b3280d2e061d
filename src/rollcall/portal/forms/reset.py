"""Resetting an integration: what becomes of the extensions, and the short name once more."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollcall.core.errors import SyncError
from rollcall.integrations.reset_operations import Fate
from rollcall.portal.forms.integration import SENTENCES
from rollcall.tenants.rules import SLUG_LENGTH


class ResetForm(forms.Form):
    """Nothing is chosen beforehand: both choices are weighty."""

    extensions = forms.ChoiceField(
        label=gettext_lazy("What becomes of the extensions"),
        choices=[(fate.value, fate.value) for fate in Fate],
        error_messages={"required": gettext_lazy("Choose what becomes of the extensions.")},
        widget=forms.RadioSelect,
    )
    typed = forms.CharField(
        label=gettext_lazy("Short name of the tenant"),
        max_length=SLUG_LENGTH + 10,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
                "class": "short",
            }
        ),
    )

    def __init__(self, *args: Any, slug: str, **values: Any) -> None:
        super().__init__(*args, **values)
        self._slug = slug
        self.fields["typed"].help_text = _("Type %(slug)s to reset it.") % {"slug": slug}

    def clean_typed(self) -> str:
        """Compare what was typed."""
        typed: str = self.cleaned_data["typed"]
        if typed != self._slug:
            raise ValidationError(
                _("This is not its short name, so nothing was reset. Type %(slug)s.")
                % {"slug": self._slug}
            )
        return typed

    @property
    def fate(self) -> Fate:
        """What becomes of the extensions, of a form that is valid."""
        return Fate(self.cleaned_data["extensions"])

    def refuse(self, error: SyncError) -> None:
        """Show why nothing was reset."""
        self.add_error(None, str(SENTENCES.get(error.code, error)))
