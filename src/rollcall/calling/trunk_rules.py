"""What a trunk's settings may be: each rule takes what was typed and returns what is kept."""

import re
from collections.abc import Collection
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

from django.utils.translation import gettext as _

from rollcall.core.dialling import emergency_numbers
from rollcall.core.errors import SetupError
from rollcall.core.phone import normalise_number
from rollcall.credentials.secret import Secret
from rollcall.sip.carrier_places import CarrierPlaces

LAST_PORT: Final = 65535
MOST_ADDRESSES: Final = 16
LONGEST_PASSWORD: Final = 128
MOST_EMERGENCY: Final = 20
BROADEST: Final = {4: 12, 6: 32}
"""A carrier's networks are this narrow at least, by version of IP: the Internet is none."""

_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9-]{1,63})*\Z")
_USERNAME = re.compile(r"[A-Za-z0-9.+_~*!=-]{1,64}\Z")
_EMERGENCY = re.compile(r"[0-9]{2,6}\Z")


def check_choice(value: str, choices: Collection[str], what: str) -> str:
    """Return one of the words that there are."""
    if value not in choices:
        sentence = _("“%(value)s” is no %(what)s: there is %(choices)s.")
        words = {"value": value, "what": what, "choices": ", ".join(choices)}
        raise SetupError(sentence % words, code="bad-trunk")
    return value


def check_host(host: str, *, places: CarrierPlaces) -> str:
    """Return a carrier's host name or address. What a name leads to is looked at by the switch."""
    host = host.strip().lower().removeprefix("[").removesuffix("]")
    try:
        address = ip_address(host)
    except ValueError:
        if not _HOST.match(host) or host.replace(".", "").isdecimal() or _is_here(host, places):
            sentence = _(
                "“%(host)s” is not the name of a server: it looks like sip.carrier.example."
            )
            raise SetupError(sentence % {"host": host}, code="bad-trunk-host") from None
        return host
    if not places.allows(str(address)):
        sentence = _("“%(host)s” is not the address of a carrier’s server.")
        raise SetupError(sentence % {"host": host}, code="bad-trunk-host")
    return str(address)


def _is_here(host: str, places: CarrierPlaces) -> bool:
    return not places.loopback and (host == "localhost" or host.endswith(".localhost"))


def check_port(port: int | None) -> int | None:
    """Return a port, if one was named."""
    if port is not None and not 1 <= port <= LAST_PORT:
        raise SetupError(
            _("A port is a number from 1 to 65535; carriers listen at 5060, or 5061 with TLS."),
            code="bad-trunk-port",
        )
    return port


def check_username(username: str, *, needed: bool) -> str:
    """Return the user name that the carrier gave."""
    username = username.strip()
    if not username and not needed:
        return ""
    if not _USERNAME.match(username):
        raise SetupError(
            _("A trunk's user name has 1 to 64 letters, digits or . + _ ~ * ! = -, and no @."),
            code="bad-trunk-user",
        )
    return username


def check_password(password: Secret) -> Secret:
    """Return the password that the carrier gave."""
    try:
        text = password.reveal().decode()
    except UnicodeDecodeError:
        text = ""
    if not text or len(text) > LONGEST_PASSWORD or not text.isprintable():
        sentence = _("A trunk's password has 1 to %(most)s characters, all of them printable.")
        raise SetupError(sentence % {"most": LONGEST_PASSWORD}, code="bad-trunk-password")
    return password


def check_addresses(addresses: Collection[str], *, places: CarrierPlaces) -> list[str]:
    """Return the addresses and networks that a carrier's calls come from."""
    written = [each.strip() for each in addresses if each.strip()]
    if len(written) > MOST_ADDRESSES:
        sentence = _("A trunk has at most %(most)s addresses and networks.")
        raise SetupError(sentence % {"most": MOST_ADDRESSES}, code="bad-trunk-address")
    return list(dict.fromkeys(_check_network(each, places) for each in written))


def _check_network(text: str, places: CarrierPlaces) -> str:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        sentence = _("“%(text)s” is not an address or network, such as 192.0.2.0/24.")
        raise SetupError(sentence % {"text": text}, code="bad-trunk-address") from None
    if network.prefixlen < BROADEST[network.version] or network.is_multicast or _is_all(network):
        sentence = _("%(network)s is more than a carrier's own network.")
        raise SetupError(sentence % {"network": network}, code="bad-trunk-address")
    single = network.prefixlen == network.max_prefixlen
    if network.version == 6 and not single:  # noqa: PLR2004 - the version of IP
        sentence = _("%(network)s is a network of IPv6: name each of its addresses instead.")
        raise SetupError(sentence % {"network": network}, code="bad-trunk-address")
    if not places.allows_network(network):
        sentence = _("“%(text)s” is not where a carrier’s calls come from.")
        raise SetupError(sentence % {"text": text}, code="bad-trunk-address")
    return str(network.network_address if single else network)


def _is_all(network: IPv4Network | IPv6Network) -> bool:
    return network.network_address.is_unspecified


def check_phone_number(text: str, country: str) -> int:
    """Return a number in E.164, as an integer."""
    e164 = normalise_number(text, country).e164
    if e164 is None:
        sentence = _("“%(text)s” is not a phone number; +49 30 123456 is one.")
        raise SetupError(sentence % {"text": text}, code="bad-phone-number")
    return e164


def check_emergency(numbers: Collection[str], country: str) -> list[str]:
    """Return the numbers that call for help; at least one of them is the country's own."""
    written = list(dict.fromkeys(each.strip() for each in numbers if each.strip()))
    for each in written:
        if not _EMERGENCY.match(each):
            sentence = _("“%(number)s” is not an emergency number: they have 2 to 6 digits.")
            raise SetupError(sentence % {"number": each}, code="bad-emergency-number")
    if len(written) > MOST_EMERGENCY:
        sentence = _("There are at most %(most)s emergency numbers.")
        raise SetupError(sentence % {"most": MOST_EMERGENCY}, code="bad-emergency-number")
    usual = emergency_numbers(country)
    if not set(usual) & set(written):
        sentence = _("At least one emergency number has to be one of the country’s: %(numbers)s.")
        raise SetupError(sentence % {"numbers": ", ".join(usual)}, code="bad-emergency-number")
    return written
