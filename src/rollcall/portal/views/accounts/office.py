"""Where accounts are looked after: a tenant's, or the system's. Both have the same pages."""

from dataclasses import dataclass
from functools import partial
from typing import Final

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from rollcall.accounts.arrivals import Address
from rollcall.accounts.operations import email_key
from rollcall.accounts.queries import AccountView, get_account
from rollcall.core.errors import SetupError
from rollcall.core.numbering import parse_number
from rollcall.telephony.names import ExtensionName, names_of
from rollcall.telephony.queries import get_key
from rollcall.web.addresses import address_of_link
from rollcall.web.identity import PageRequest

LOCAL: Final = "local"


@dataclass(frozen=True, slots=True)
class Office:
    """Whose accounts: `tenant_id` is None for those of the system. `slug` is the tenant's."""

    tenant_id: int | None
    slug: str
    address: Address

    def path(self, name: str, **values: object) -> str:
        """Return the address of one of the pages: accounts, account-invite, …"""
        if self.tenant_id is None:
            return reverse(f"system-{name}", kwargs=values)
        return reverse(name, kwargs={"tenant": self.slug, **values})

    def account(self, account_id: int) -> AccountView:
        """Return an account that is looked after here, or say that there is no page."""
        try:
            return get_account(self.tenant_id, account_id)
        except SetupError:
            raise Http404 from None

    def extension_of(self, account: AccountView) -> ExtensionName | None:
        """Return the extension of an account."""
        if self.tenant_id is None or account.extension_id is None:
            return None
        return names_of(self.tenant_id, [account.extension_id]).get(account.extension_id)

    def extension_id(self, text: str, *, email: str) -> int | None:
        """Return the extension with the number that was typed, or raise SetupError.

        One of the directory is its owner's, personal contacts and all: no other address gets it.
        """
        if self.tenant_id is None or not text.strip():
            return None
        found = get_key(self.tenant_id, parse_number(text.strip()))
        if found.source != LOCAL and found.email and email_key(found.email) != email_key(email):
            raise SetupError(
                _("This extension belongs to %(email)s. Only an account with that address gets it.")
                % {"email": found.email},
                code="others-extension",
            )
        return found.id


def tenants_office(request: PageRequest) -> Office:
    """Return a tenant's."""
    address = partial(address_of_link, request.machine.environment)
    return Office(request.tenant.id, request.tenant.slug, address)


def systems_office(request: PageRequest) -> Office:
    """Return the system's."""
    return Office(None, "", partial(address_of_link, request.machine.environment))
