"""Who may have a phone: an extension that is there and works, of a tenant that works."""

from typing import Final

from django.utils.translation import gettext as _

from rollcall.core.errors import SetupError
from rollcall.telephony.queries import ExtensionKey, find_key
from rollcall.tenants.queries import TenantView

LIKE_NO_OTHER: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters and digits that nobody takes for one another when reading or typing them."""


def get_extension(tenant_id: int, extension_id: int) -> ExtensionKey:
    """Return an extension that is not gone, or raise SetupError."""
    extension = find_key(tenant_id, extension_id)
    if extension is None or extension.deleted or extension.state == "released":
        raise SetupError(_("There is no such extension."), code="unknown-extension")
    return extension


def check_may_call(tenant: TenantView, extension: ExtensionKey) -> None:
    """Raise SetupError for an extension that is blocked, or a tenant that is suspended."""
    if tenant.state != "active":
        raise SetupError(_("Calls are not possible: the company is suspended."), code="suspended")
    if extension.state != "active":
        sentence = _("Calls are not possible: extension %(number)s is blocked.")
        raise SetupError(sentence % {"number": extension.number}, code="blocked")
