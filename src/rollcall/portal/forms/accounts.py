"""Forms for accounts of others: who is invited, and what they may do."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from rollcall.portal.forms.entry import LONGEST_EMAIL, LONGEST_NAME

ROLES: Final = (
    ("user", _("User: own extension and contacts")),
    ("administrator", _("Administrator: everything of this tenant")),
)
LONGEST_NUMBER: Final = 13


def _email() -> forms.CharField:
    return forms.CharField(
        label=_("Mail address"),
        max_length=LONGEST_EMAIL,
        help_text=_("The invitation goes there, and it is the name at sign-in."),
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false", "dir": "ltr"}),
    )


def _name() -> forms.CharField:
    return forms.CharField(
        label=_("Name"),
        max_length=LONGEST_NAME,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class AdministratorForm(forms.Form):
    """A system administrator to be invited."""

    email = _email()
    name = _name()


class AccountForm(forms.Form):
    """What an account of a tenant may do, and whose extension it is."""

    name = _name()
    role = forms.ChoiceField(label=_("Role"), choices=ROLES, widget=forms.RadioSelect)
    extension = forms.CharField(
        label=_("Extension"),
        max_length=LONGEST_NUMBER,
        required=False,
        help_text=_(
            "Its number. The account gets the calls and personal contacts of this extension."
        ),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "inputmode": "numeric", "class": "short", "dir": "ltr"}
        ),
    )


class InviteForm(AccountForm):
    """Somebody of a tenant to be invited."""

    email = _email()
    field_order = ("email", "name", "role", "extension")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"role": "user"}, **kwargs})
