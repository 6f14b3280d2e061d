"""Forms on the way in: who, with what, and where to."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

LONGEST_EMAIL: Final = 254
LONGEST_PASSWORD: Final = 200
LONGEST_NAME: Final = 200
LONGEST_CODE: Final = 40


def email_field(**attributes: str) -> forms.CharField:
    """Return a field for a mail address; whether it is one, the operation says."""
    words = {"autocomplete": "username", "spellcheck": "false", "dir": "ltr", **attributes}
    return forms.CharField(
        label=_("Mail address"), max_length=LONGEST_EMAIL, widget=forms.EmailInput(attrs=words)
    )


def password_field(label: Any, *, autocomplete: str, help_text: Any = "") -> forms.CharField:
    """Return a field for a password; what is typed is not trimmed, and never shown again."""
    return forms.CharField(
        label=label,
        max_length=LONGEST_PASSWORD,
        strip=False,
        help_text=help_text,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
    )


def name_field(help_text: Any = "") -> forms.CharField:
    """Return a field for somebody's name."""
    return forms.CharField(
        label=_("Name"),
        max_length=LONGEST_NAME,
        required=False,
        help_text=help_text,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


def code_field(label: Any, help_text: Any = "") -> forms.CharField:
    """Return a field for a one-time code."""
    attributes = {
        "autocomplete": "one-time-code",
        "spellcheck": "false",
        "autocapitalize": "none",
        "dir": "ltr",
    }
    return forms.CharField(
        label=label,
        max_length=LONGEST_CODE,
        help_text=help_text,
        widget=forms.TextInput(attrs=attributes),
    )


class AddressForm(forms.Form):
    """Who: the ways to sign in go by the address."""

    email = email_field(autofocus="")


class SignInForm(forms.Form):
    """Who, and the password."""

    email = email_field(autofocus="")
    password = password_field(_("Password"), autocomplete="current-password")


class CodeForm(forms.Form):
    """The second factor."""

    code = code_field(
        _("Code"), _("Six digits from your authenticator app, or one of your recovery codes.")
    )


class DeviceForm(forms.Form):
    """A code of a device that is to be the second factor; `device` is its secret, signed."""

    device = forms.CharField(widget=forms.HiddenInput)
    code = code_field(_("Code that the app shows now"))


class ForgotForm(forms.Form):
    """Who forgot a password."""

    email = email_field(autofocus="")


class _TwiceForm(forms.Form):
    """A new password, twice."""

    @override
    def clean(self) -> dict[str, Any]:
        """Compare the two."""
        values = super().clean() or self.cleaned_data
        both = (values.get("password"), values.get("again"))
        if all(both) and both[0] != both[1]:
            self.add_error("again", _("This is not the same password. Type it once more."))
        return values


POLICY = _("At least 12 characters. Several words in a row are easy to remember.")


class NewPasswordForm(_TwiceForm):
    """Another password."""

    password = password_field(_("New password"), autocomplete="new-password", help_text=POLICY)
    again = password_field(_("New password, once more"), autocomplete="new-password")


class InvitationForm(_TwiceForm):
    """What somebody gives who was invited."""

    name = name_field()
    password = password_field(_("Password"), autocomplete="new-password", help_text=POLICY)
    again = password_field(_("Password, once more"), autocomplete="new-password")


class SetUpForm(_TwiceForm):
    """The first system administrator."""

    email = email_field()
    name = name_field()
    password = password_field(_("Password"), autocomplete="new-password", help_text=POLICY)
    again = password_field(_("Password, once more"), autocomplete="new-password")
