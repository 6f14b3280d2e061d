"""Mail addresses, as somebody typed them."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from rollcall.core.errors import SetupError

MOST = 20
"""So many addresses a list holds at most: for more there are distribution lists."""


def checked_address(text: str) -> str:
    """Return an address without spaces around it, or raise SetupError."""
    address = text.strip()
    try:
        validate_email(address)
    except ValidationError:
        raise SetupError(
            _("“%(address)s” is not a mail address: it looks like name@company.example.")
            % {"address": address},
            code="bad-email",
        ) from None
    return address


def checked_addresses(texts: Iterable[str]) -> list[str]:
    """Return addresses in their order, each once; raise SetupError for what is none."""
    found: dict[str, str] = {}
    for text in texts:
        if text.strip():
            address = checked_address(text)
            found.setdefault(address.casefold(), address)
    if len(found) > MOST:
        raise SetupError(
            _("These are %(count)s addresses, and %(most)s is the most: use a distribution list.")
            % {"count": len(found), "most": MOST},
            code="too-many-addresses",
        )
    return list(found.values())
