"""What is asked for when a desk phone is added or renamed."""

from django import forms
from django.utils.translation import gettext_lazy as _

from rollcall.portal.forms.extensions import ErrorForm

LONGEST = 60


class PhoneForm(ErrorForm):
    """A desk phone's name."""

    name = forms.CharField(
        label=_("Name"),
        max_length=LONGEST,
        help_text=_("Where it stands or what it is, such as “Desk” or “Meeting room 2”."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Give the phone a name, so that it is known again.")},
    )
