"""What the settings of a tenant may be: each rule takes what was typed and returns what is kept.

Pages, commands and the API share them; what is wrong is a SetupError whose sentence says so.
"""

import re
import zoneinfo
from typing import Final

import phonenumbers
from django.utils.translation import gettext as _

from rollcall.core.errors import SetupError
from rollcall.core.numbering import parse_number

NAME_LENGTH: Final = 200
SLUG_LENGTH: Final = 40
RESERVED_MOST: Final = 1000

_SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?\Z")
_DOMAIN = re.compile(r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9-]{1,63})*\Z")
_CODE = re.compile(r"[1-9][0-9]{0,1}\Z")


def check_slug(slug: str) -> str:
    """Return a short name."""
    if not _SLUG.match(slug):
        raise SetupError(
            _(
                "“%(slug)s” cannot be a tenant's short name: lower-case letters, digits and "
                "hyphens, at most 40, beginning and ending with a letter or digit."
            )
            % {"slug": slug},
            code="bad-slug",
        )
    return slug


def check_name(name: str) -> str:
    """Return a company's name."""
    name = name.replace("\0", "").strip()
    if not name:
        raise SetupError(_("A tenant needs a name."), code="bad-name")
    if len(name) > NAME_LENGTH:
        raise SetupError(
            _("A tenant's name has at most %(most)s characters.") % {"most": NAME_LENGTH},
            code="bad-name",
        )
    return name


def check_domain(domain: str) -> str:
    """Return a SIP domain, in lower case."""
    domain = domain.strip().lower()
    if not _DOMAIN.match(domain):
        raise SetupError(
            _("“%(domain)s” is not a domain name.") % {"domain": domain}, code="bad-domain"
        )
    return domain


def check_time_zone(name: str) -> str:
    """Return a time zone's name."""
    if name not in zoneinfo.available_timezones():
        raise SetupError(
            _("“%(name)s” is not a time zone; they look like Europe/Berlin.") % {"name": name},
            code="bad-time-zone",
        )
    return name


def check_country(country: str) -> str:
    """Return a country's two letters, in capitals."""
    country = country.strip().upper()
    if country not in phonenumbers.SUPPORTED_REGIONS:
        raise SetupError(
            _("“%(country)s” is not a country: give the two letters of ISO 3166, such as DE.")
            % {"country": country},
            code="bad-country",
        )
    return country


def parse_reserved(text: str) -> list[int]:
    """Return the numbers of a list, with commas, semicolons or white space between them."""
    parts = [part for part in re.split(r"[\s,;]+", text) if part]
    if len(parts) > RESERVED_MOST:
        raise SetupError(
            _("At most %(most)s numbers can be reserved.") % {"most": RESERVED_MOST},
            code="bad-number",
        )
    return sorted({_parse_code(part) for part in parts})


def _parse_code(text: str) -> int:
    """Return a number that is reserved: an emergency or feature code may be short."""
    return int(text) if _CODE.match(text) else parse_number(text)
