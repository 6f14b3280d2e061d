"""The settings of a tenant: all of them for the provider, some for its own administrators."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from typing_extensions import override

from rollcall.core.errors import SetupError
from rollcall.core.numbering import DEFAULT_RESERVED, parse_number, parse_range
from rollcall.tenants.places import countries, time_zones
from rollcall.tenants.queries import TenantView
from rollcall.tenants.rules import (
    NAME_LENGTH,
    SLUG_LENGTH,
    check_country,
    check_domain,
    check_name,
    check_slug,
    check_time_zone,
    parse_reserved,
)

T = TypeVar("T")

DIGITS: Final = 13
RESERVED_LENGTH: Final = 20_000


def country_choices() -> list[tuple[str, str]]:
    """Return the countries by name, with a line that asks for one."""
    named = [(code, f"{name} ({code})") for code, name in countries().items()]
    return [("", _("Choose a country")), *named]


def zone_choices(kept: str = "") -> list[tuple[str, Any]]:
    """Return the time zones by part of the world, with a line that asks for one.

    A zone that is `kept` is among them even under an older name.
    """
    choices: list[tuple[str, Any]] = [("", _("Choose a time zone"))]
    if kept and not any(kept in names for names in time_zones().values()):
        choices.append((kept, kept))
    for region, names in time_zones().items():
        zones = [(name, name.replace("_", " ")) for name in names]
        choices += [(region, zones)] if region else zones
    return choices


class TenantSettings(forms.Form):
    """What an administrator of the tenant may change."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=NAME_LENGTH,
        help_text=gettext_lazy("The company's name, as people see it."),
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        help_text=gettext_lazy("The nightly sync and all times on its pages go by it."),
    )
    country = forms.ChoiceField(
        label=gettext_lazy("Country"),
        choices=country_choices,
        help_text=gettext_lazy("Numbers without a country code are taken to be of this country."),
    )
    first_extension = forms.CharField(
        label=gettext_lazy("First extension number"),
        max_length=DIGITS + 10,
        initial="1000",
        help_text=gettext_lazy("3 to 13 digits, the first one not 0."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "short", "size": 15}),
    )
    last_extension = forms.CharField(
        label=gettext_lazy("Last extension number"),
        max_length=DIGITS + 10,
        required=False,
        initial="9999",
        help_text=gettext_lazy(
            "As many digits as the first. Left empty, all numbers of that length."
        ),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "short", "size": 15}),
    )
    reserved_numbers = forms.CharField(
        label=gettext_lazy("Reserved numbers"),
        max_length=RESERVED_LENGTH,
        required=False,
        initial=", ".join(map(str, sorted(DEFAULT_RESERVED))),
        help_text=gettext_lazy(
            "Emergency and feature codes that no extension gets, with commas between them."
        ),
        widget=forms.Textarea(attrs={"rows": 3, "inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        kept = str(self.initial.get("time_zone", ""))
        self.fields["time_zone"].choices = zone_choices(kept)  # type: ignore[attr-defined]  # it is a ChoiceField

    def clean_name(self) -> str:
        """Check the name by its rule."""
        return _ruled(check_name, self.cleaned_data["name"])

    def clean_time_zone(self) -> str:
        """Check the zone by its rule."""
        return _ruled(check_time_zone, self.cleaned_data["time_zone"])

    def clean_country(self) -> str:
        """Check the country by its rule."""
        return _ruled(check_country, self.cleaned_data["country"])

    def clean_first_extension(self) -> str:
        """Check the number by its rule."""
        return str(_ruled(parse_number, self.cleaned_data["first_extension"]))

    def clean_last_extension(self) -> str:
        """Check the number by its rule, if there is one."""
        text = self.cleaned_data["last_extension"]
        return str(_ruled(parse_number, text)) if text else ""

    def clean_reserved_numbers(self) -> list[int]:
        """Check the numbers by their rule."""
        return _ruled(parse_reserved, self.cleaned_data["reserved_numbers"])

    @override
    def clean(self) -> dict[str, Any]:
        """Check that the numbers are a range."""
        values = super().clean() or self.cleaned_data
        if "first_extension" in values and "last_extension" in values:
            try:
                first, last = values["first_extension"], values["last_extension"]
                values["extension_range"] = parse_range(first, last or None)
            except SetupError as error:
                self.add_error("last_extension", str(error))
        return values

    def changes(self) -> dict[str, Any]:
        """Return what the operations take, of a form that is valid."""
        names = ("name", "time_zone", "country", "extension_range", "reserved_numbers")
        return {name: self.cleaned_data[name] for name in names}


class TenantForm(TenantSettings):
    """What the provider may change."""

    sip_domain = forms.CharField(
        label=gettext_lazy("SIP domain"),
        max_length=253,
        help_text=gettext_lazy(
            "The domain of its phones, such as acme.example. No other tenant has it."
        ),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    field_order = ("slug", "name", "sip_domain")

    def clean_sip_domain(self) -> str:
        """Check the domain by its rule."""
        return _ruled(check_domain, self.cleaned_data["sip_domain"])

    @override
    def changes(self) -> dict[str, Any]:
        """Return what the operations take, of a form that is valid."""
        return {**super().changes(), "sip_domain": self.cleaned_data["sip_domain"]}


class NewTenantForm(TenantForm):
    """A new tenant."""

    slug = forms.CharField(
        label=gettext_lazy("Short name"),
        max_length=SLUG_LENGTH,
        help_text=gettext_lazy(
            "Stands in addresses and commands, and cannot be changed later: lower-case letters, "
            "digits and hyphens."
        ),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )

    def clean_slug(self) -> str:
        """Check the short name by its rule."""
        return _ruled(check_slug, self.cleaned_data["slug"])

    @override
    def changes(self) -> dict[str, Any]:
        """Return what the operations take, of a form that is valid."""
        return {**super().changes(), "slug": self.cleaned_data["slug"]}


class DeleteTenantForm(forms.Form):
    """The short name once more, so that nothing large is deleted by a slip."""

    typed = forms.CharField(
        label=gettext_lazy("Short name of the tenant"),
        max_length=SLUG_LENGTH + 10,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )

    def __init__(self, *args: Any, slug: str, **values: Any) -> None:
        super().__init__(*args, **values)
        self._slug = slug
        self.fields["typed"].help_text = _("Type %(slug)s to delete it.") % {"slug": slug}

    def clean_typed(self) -> str:
        """Compare what was typed."""
        typed: str = self.cleaned_data["typed"]
        if typed != self._slug:
            raise ValidationError(
                _("This is not its short name, so nothing was deleted. Type %(slug)s.")
                % {"slug": self._slug}
            )
        return typed


def values_of(view: TenantView) -> dict[str, Any]:
    """Return a tenant's settings as its form shows them."""
    return {
        "slug": view.slug,
        "name": view.name,
        "sip_domain": view.sip_domain,
        "time_zone": view.time_zone,
        "country": view.country,
        "first_extension": str(view.first_extension),
        "last_extension": str(view.last_extension),
        "reserved_numbers": ", ".join(map(str, view.reserved_numbers)),
    }


def _ruled(rule: Callable[[str], T], text: str) -> T:
    try:
        return rule(text)
    except SetupError as error:
        raise ValidationError(str(error)) from error
