"""What mails about accounts say."""

from collections.abc import Sequence

import msgspec
from django.utils.translation import gettext as _


class Letter(msgspec.Struct, frozen=True):
    """A mail: plain text, as anybody's program shows it."""

    subject: str
    text: str


def invitation_letter(tenant: str, address: str) -> Letter:
    """Invite somebody to a tenant, or (no tenant) to look after the system."""
    subject = (
        _("Your account for %(tenant)s at Rollcall") % {"tenant": tenant}
        if tenant
        else _("Your account as a system administrator of Rollcall")
    )
    text = _(
        "An account was made for you. Open this link to choose a password:\n\n"
        "%(address)s\n\n"
        "It works once, for seven days. If you expected no such mail, do nothing: the account "
        "stays closed."
    )
    return Letter(subject, text % {"address": address} + "\n")


def reset_letter(links: Sequence[tuple[str, str]]) -> Letter:
    """Let somebody choose another password: a link for each account, by where it is."""
    opening = _("Somebody, probably you, asked to choose another password.")
    closing = _(
        "Each link works once, for one hour. If you did not ask for this, do nothing: your "
        "password stays as it is."
    )
    lines = "\n\n".join(f"{place}\n{address}" for place, address in links)
    return Letter(_("Choose another password for Rollcall"), f"{opening}\n\n{lines}\n\n{closing}\n")
