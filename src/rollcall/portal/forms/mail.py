"""The mail server's settings, where a test mail goes, and who gets a tenant's notices."""

import re
from datetime import datetime
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from rollcall.core.errors import SetupError
from rollcall.credentials.secret import Secret
from rollcall.mail.addresses import checked_address, checked_addresses
from rollcall.mail.operations import LAST_PORT, NewMailServer
from rollcall.mail.queries import MailServerView

LONGEST: Final = 254
SECURITY: Final = (
    ("starttls", _("STARTTLS (usual, port 587)")),
    ("tls", _("TLS from the start (port 465)")),
    ("none", _("None: a server on this machine only")),
)
PLACES: Final = {
    "bad-mail-host": "host",
    "bad-mail-security": "security",
    "mail-not-encrypted": "security",
    "bad-mail-port": "port",
    "password-needed": "password",
}
"""At which field an operation's refusal stands."""

_PLAIN: Final = {"spellcheck": "false", "autocapitalize": "none", "dir": "ltr"}


class MailServerForm(forms.Form):
    """The mail server, in whose name mails go out, and who gets the provider's."""

    host = forms.CharField(
        label=_("Host"),
        max_length=LONGEST,
        help_text=_("For example smtp.company.example."),
        widget=forms.TextInput(attrs=_PLAIN),
    )
    port = forms.IntegerField(
        label=_("Port"),
        initial=587,
        min_value=1,
        max_value=LAST_PORT,
        widget=forms.NumberInput(attrs={"class": "short"}),
    )
    security = forms.ChoiceField(
        label=_("Encryption"),
        choices=SECURITY,
        help_text=_("A server that does not offer what is chosen here gets no mail."),
    )
    user = forms.CharField(
        label=_("User"),
        max_length=LONGEST,
        required=False,
        help_text=_("Empty where the server asks for none."),
        widget=forms.TextInput(attrs={**_PLAIN, "autocomplete": "off"}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=LONGEST,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    sender = forms.CharField(
        label=_("Sender's address"),
        max_length=LONGEST,
        help_text=_("The address that mails come from; the server must let this user send by it."),
        widget=forms.EmailInput(attrs=_PLAIN),
    )
    sender_name = forms.CharField(
        label=_("Sender's name"),
        max_length=LONGEST,
        required=False,
        initial="Rollcall",
        help_text=_("Stands before the address in the mail program."),
    )
    notice_addresses = forms.CharField(
        label=_("Notices to the provider"),
        max_length=20 * LONGEST,
        required=False,
        help_text=_(
            "Who hears when a certificate ends, a sync fails or a plan is held, of whatever "
            "tenant. One address a line. Tenants choose theirs on their page Notices."
        ),
        widget=forms.Textarea(attrs={**_PLAIN, "rows": 3}),
    )

    def __init__(self, data: Any = None, *, known: MailServerView | None = None) -> None:
        super().__init__(data, initial=_initial(known) if known else None)
        if known and known.password_at:
            self.fields["password"].help_text = _password_help(known.password_at)

    @override
    def clean(self) -> dict[str, Any] | None:
        """Check the addresses by the rules of the app that keeps them."""
        cleaned = super().clean() or self.cleaned_data
        self._check("sender", checked_address)
        self._check("notice_addresses", _addresses)
        return cleaned

    def _check(self, name: str, check: Any) -> None:
        if name in self.cleaned_data:
            try:
                self.cleaned_data[name] = check(self.cleaned_data[name])
            except SetupError as error:
                self.add_error(name, ValidationError(str(error)))

    def server(self) -> NewMailServer:
        """Return what was typed, as the operation takes it."""
        values = self.cleaned_data
        password = values["password"]
        return NewMailServer(
            host=values["host"],
            port=values["port"],
            security=values["security"],
            user=values["user"],
            password=Secret(password.encode()) if password else None,
            sender=values["sender"],
            sender_name=values["sender_name"],
            notice_addresses=tuple(values["notice_addresses"]),
        )

    def refuse(self, error: SetupError) -> None:
        """Put an operation's refusal where it belongs."""
        self.add_error(PLACES.get(error.code), ValidationError(str(error)))


class TestMailForm(forms.Form):
    """Where a test mail goes."""

    to = forms.CharField(
        label=_("Send a test mail to"), max_length=LONGEST, widget=forms.EmailInput(attrs=_PLAIN)
    )


class NoticeAddressesForm(forms.Form):
    """Who gets a tenant's notices."""

    who = forms.ChoiceField(
        label=_("Mails go to"),
        choices=(
            ("administrators", _("The administrators of this tenant")),
            ("these", _("These addresses")),
        ),
        widget=forms.RadioSelect,
    )
    addresses = forms.CharField(
        label=_("Addresses"),
        max_length=20 * LONGEST,
        required=False,
        help_text=_("One a line, such as it@company.example."),
        widget=forms.Textarea(attrs={**_PLAIN, "rows": 3}),
    )

    @override
    def clean(self) -> dict[str, Any] | None:
        """Check the addresses by the rules of the app that keeps them."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("who") == "these" and "addresses" in cleaned:
            try:
                cleaned["addresses"] = _addresses(cleaned["addresses"])
            except SetupError as error:
                self.add_error("addresses", ValidationError(str(error)))
            else:
                if not cleaned["addresses"]:
                    self.add_error("addresses", ValidationError(_("Enter an address at least.")))
        return cleaned

    def chosen(self) -> list[str] | None:
        """Return the addresses; None for the administrators."""
        these = self.cleaned_data["who"] == "these"
        return list(self.cleaned_data["addresses"]) if these else None


def _addresses(text: str) -> list[str]:
    return checked_addresses(re.split(r"[\s,;]+", text))


def _initial(known: MailServerView) -> dict[str, Any]:
    return {
        "host": known.host,
        "port": known.port,
        "security": known.security,
        "user": known.user,
        "sender": known.sender,
        "sender_name": known.sender_name,
        "notice_addresses": "\n".join(known.notice_addresses),
    }


def _password_help(since: datetime) -> Any:
    return _("There is one since %(date)s. Left empty, it stays; without a user, it goes.") % {
        "date": since.date().isoformat()
    }
