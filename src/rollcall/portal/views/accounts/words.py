"""What an account is, in words."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rollcall.accounts.queries import MICROSOFT, PASSWORD, AccountView

STATES: Final[Mapping[str, tuple[str, Promise]]] = {
    "active": ("good", _("active")),
    "invited": ("quiet", _("invited")),
    "disabled": ("bad", _("disabled")),
}
ROLES: Final[Mapping[str, Promise]] = {
    "system": _("System administrator"),
    "administrator": _("Administrator"),
    "user": _("User"),
}


METHODS: Final[Mapping[str, Promise]] = {
    PASSWORD: _("Password"),
    MICROSOFT: _("Microsoft"),
}


def described(account: AccountView) -> dict[str, Any]:
    """Return an account with its state, its role and how one signs in to it in words."""
    kind, state = STATES[account.state]
    return {
        "account": account,
        "kind": kind,
        "state": state,
        "role": ROLES[account.role],
        "method": METHODS[account.method],
    }
