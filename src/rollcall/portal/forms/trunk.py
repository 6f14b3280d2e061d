"""The way to the telephone network: the carrier, its numbers, the emergency numbers."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from django import forms
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from rollcall.calling.trunk_operations import NewTrunk
from rollcall.calling.trunk_rules import LAST_PORT, LONGEST_PASSWORD
from rollcall.calling.trunks import EmergencyView, TrunkView
from rollcall.core.errors import SetupError
from rollcall.credentials.secret import Secret

KINDS: Final = (
    ("registration", _("Registration: with a user name and a password")),
    ("address", _("Address: the carrier knows this server by its IP address")),
)
TRANSPORTS: Final = (("udp", _("UDP (usual)")), ("tcp", "TCP"), ("tls", _("TLS (encrypted)")))
FORMATS: Final = (
    ("plus", _("+4930123456, with a plus (E.164)")),
    ("digits", _("4930123456, without the plus")),
    ("national", _("030123456, as dialled inside the country")),
)
PLACES: Final[Mapping[str, str]] = {
    "bad-trunk-host": "host",
    "bad-trunk-port": "port",
    "bad-trunk-user": "username",
    "bad-trunk-password": "password",
    "password-needed": "password",
    "bad-trunk-address": "addresses",
    "bad-phone-number": "main_number",
    "bad-emergency-number": "numbers",
    "bad-number": "extension",
    "unknown-extension": "extension",
    "too-many-numbers": "lines",
}
"""At which field an operation's refusal stands."""

LONGEST_HOST: Final = 253
LONGEST_LINES: Final = 200_000
_PLAIN: Final = {"spellcheck": "false", "autocapitalize": "none", "dir": "ltr"}


class RefusableForm(forms.Form):
    """A form that takes an operation's refusal."""

    places: ClassVar[Mapping[str, str]] = PLACES

    def refuse(self, error: SetupError) -> None:
        """Show a refusal at the field that it is about, or above the form."""
        field = self.places.get(error.code or "")
        self.add_error(field if field in self.fields else None, str(error))


class TrunkForm(RefusableForm):
    """The carrier, and how calls go to it."""

    enabled = forms.BooleanField(
        label=_("In use"),
        required=False,
        initial=True,
        help_text=_("Off, no call goes out or comes in, and the settings stay."),
    )
    kind = forms.ChoiceField(
        label=_("How the carrier knows you"),
        choices=KINDS,
        help_text=_("The carrier’s letter says which: with a user name it is registration."),
    )
    host = forms.CharField(
        label=_("Server of the carrier"),
        max_length=LONGEST_HOST,
        help_text=_("Registrar or SIP domain, for example sip.carrier.example."),
        widget=forms.TextInput(attrs=_PLAIN),
    )
    proxy = forms.CharField(
        label=_("Outbound proxy"),
        required=False,
        max_length=LONGEST_HOST,
        help_text=_("Only if the carrier names one: then everything is sent there."),
        widget=forms.TextInput(attrs=_PLAIN),
    )
    transport = forms.ChoiceField(
        label=_("Transport"),
        choices=TRANSPORTS,
        help_text=_("TLS keeps who calls whom from those on the way, if the carrier offers it."),
    )
    port = forms.IntegerField(
        label=_("Port"),
        required=False,
        min_value=1,
        max_value=LAST_PORT,
        help_text=_("Left empty, the one in the carrier’s DNS (SRV), or else 5060, with TLS 5061."),
        widget=forms.NumberInput(attrs={"class": "short"}),
    )
    username = forms.CharField(
        label=_("User name"),
        max_length=64,
        required=False,
        help_text=_("As the carrier gave it, without what follows an @."),
        widget=forms.TextInput(attrs={**_PLAIN, "autocomplete": "off"}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=LONGEST_PASSWORD,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    addresses = forms.CharField(
        label=_("Addresses that the carrier’s calls come from"),
        required=False,
        max_length=1000,
        help_text=_(
            "One address or network a line, such as 192.0.2.0/24; calls from elsewhere are "
            "refused. Left empty, the addresses of its server."
        ),
        widget=forms.Textarea(attrs={**_PLAIN, "rows": 3}),
    )
    number_format = forms.ChoiceField(
        label=_("How numbers are written to the carrier"),
        choices=FORMATS,
        help_text=_("Emergency numbers are always sent as dialled."),
    )
    main_number = forms.CharField(
        label=_("Main number"),
        max_length=40,
        required=False,
        help_text=_(
            "Caller id of everybody who has no number of their own. Without one, they cannot call "
            "outside."
        ),
        widget=forms.TextInput(attrs={**_PLAIN, "inputmode": "tel"}),
    )

    def __init__(self, *args: Any, known: TrunkView | None, **values: Any) -> None:
        super().__init__(*args, **values)
        self.fields["password"].help_text = (
            _("There is one. It is not shown again; left empty, it stays.")
            if known and known.password_at
            else _("As the carrier gave it. It is kept sealed and not shown again.")
        )

    def wanted(self) -> NewTrunk:
        """Return what the operation takes, of a form that is valid."""
        given = self.cleaned_data
        return NewTrunk(
            enabled=given["enabled"],
            kind=given["kind"],
            host=given["host"],
            proxy=given["proxy"],
            port=given["port"],
            transport=given["transport"],
            username=given["username"],
            password=Secret(given["password"].encode()) if given["password"] else None,
            addresses=tuple(given["addresses"].split()),
            number_format=given["number_format"],
            main_number=given["main_number"],
        )


def values_of(trunk: TrunkView | None) -> dict[str, Any]:
    """Return a trunk's settings as its form shows them; the password is not among them."""
    if trunk is None:
        return {"enabled": True}
    names = (
        *("enabled", "kind", "host", "proxy", "port", "transport", "username", "number_format"),
    )
    return {
        **{name: getattr(trunk, name) for name in names},
        "addresses": "\n".join(trunk.addresses),
        "main_number": trunk.main_number or "",
    }


class EmergencyForm(RefusableForm):
    """Which numbers call for help."""

    which = forms.ChoiceField(
        label=_("Which numbers"),
        choices=(("usual", ""), ("own", _("Other numbers"))),
        widget=forms.RadioSelect,
    )
    numbers = forms.CharField(
        label=_("Emergency numbers"),
        required=False,
        max_length=200,
        help_text=_(
            "With commas between them. At least one of the country’s own has to be among them."
        ),
        widget=forms.TextInput(attrs={**_PLAIN, "inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, known: EmergencyView, **values: Any) -> None:
        super().__init__(*args, **values)
        self.initial = {
            "which": "own" if known.own else "usual",
            "numbers": ", ".join(known.numbers),
        }
        usual = _("Those of the country: %(numbers)s") % {"numbers": ", ".join(known.usual)}
        self.fields["which"].choices = (  # type: ignore[attr-defined]  # it is a ChoiceField
            ("usual", usual),
            ("own", _("Other numbers")),
        )

    @override
    def clean(self) -> dict[str, Any]:
        """Ask for numbers where one’s own are wanted."""
        given = super().clean() or self.cleaned_data
        if given.get("which") == "own" and not given.get("numbers", "").strip():
            self.add_error("numbers", _("Give at least one number."))
        return given

    def wanted(self) -> tuple[str, ...] | None:
        """Return the numbers, or None for those of the country."""
        given = self.cleaned_data
        if given["which"] != "own":
            return None
        return tuple(each for each in given["numbers"].replace(",", " ").split())


class NumberLinesForm(RefusableForm):
    """Numbers of the carrier, pasted."""

    places: ClassVar[Mapping[str, str]] = {
        **PLACES,
        "bad-phone-number": "lines",
        "bad-number": "lines",
        "no-numbers": "lines",
    }

    lines = forms.CharField(
        label=_("Numbers"),
        max_length=LONGEST_LINES,
        widget=forms.Textarea(attrs={**_PLAIN, "rows": 8}),
        help_text=_(
            "One a line, or a range such as +49 30 1234570 – 79. An extension after a comma is "
            "whom the number rings: +49 30 1234560, 2001."
        ),
        error_messages={"required": _("Paste the numbers that the carrier gave.")},
    )

    def wanted(self) -> tuple[str, ...]:
        """Return the lines, of a form that is valid."""
        return tuple(self.cleaned_data["lines"].splitlines())


class AssignForm(RefusableForm):
    """Whom a number rings."""

    extension = forms.CharField(
        label=_("Rings extension"),
        required=False,
        max_length=13,
        help_text=_("Type a name or a number and choose. Left empty, the number rings nobody."),
        widget=forms.TextInput(
            attrs={**_PLAIN, "autocomplete": "off", "list": "extension-choices"}
        ),
    )
    shown = forms.BooleanField(
        label=_("Show it as caller id when this extension calls outside"),
        required=False,
        initial=True,
        help_text=_("Of several such numbers, the lowest one is shown."),
    )
