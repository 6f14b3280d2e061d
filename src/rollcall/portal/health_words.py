"""The health of a tenant's integration, in words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.utils.functional import Promise
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, npgettext

from rollcall.integrations.health import Health, TenantHealth

STATES: Final[Mapping[Health, tuple[str, Promise]]] = {
    Health.EXPIRED: ("bad", gettext_lazy("Certificate expired")),
    Health.FAILING: ("bad", gettext_lazy("Failing")),
    Health.OVERDUE: ("bad", gettext_lazy("Overdue")),
    Health.HELD: ("warning", gettext_lazy("Held")),
    Health.PERMISSION: ("warning", gettext_lazy("Permission missing")),
    Health.TRUNK: ("warning", gettext_lazy("Trunk out of order")),
    Health.EXPIRING: ("warning", gettext_lazy("Certificate ends soon")),
    Health.NOT_CONNECTED: ("quiet", gettext_lazy("Not connected")),
    Health.PAUSED: ("quiet", gettext_lazy("Paused")),
    Health.CONNECTED: ("good", gettext_lazy("Connected")),
    Health.SUSPENDED: ("quiet", gettext_lazy("Suspended")),
}
"""How good each state is, and its name."""


def state_of(row: TenantHealth, *, now: datetime) -> tuple[str, str]:
    """Return how good a tenant's state is, and the state in words."""
    kind, name = STATES[row.health]
    if row.health is Health.FAILING and row.failing_since:
        span = timesince(row.failing_since, now, depth=1)
        return kind, _("Failing for %(span)s") % {"span": span}
    if row.health is Health.CONNECTED and row.succeeded_at is None:
        return kind, _("Connected, no sync yet")
    return kind, str(name)


def advice_for(row: TenantHealth) -> str:
    """Return what the state asks for, in a sentence; empty where nothing is to be done."""
    match row.health:
        case Health.EXPIRED:
            return _("Microsoft refuses the certificate: generate a new key pair and upload it.")
        case Health.FAILING:
            return _("The newest run failed; its report says why and what to do.")
        case Health.OVERDUE:
            return _(
                "No sync succeeded at the last two scheduled times: see whether the service runs."
            )
        case Health.HELD:
            return _("A plan would remove many people: release it or discard it.")
        case Health.PERMISSION:
            return _("Grant the missing permission to the application, with admin consent.")
        case Health.TRUNK:
            return _("The carrier refuses the trunk or does not answer: look at the page Trunk.")
        case Health.EXPIRING:
            return _("Generate a new key pair and upload it; the sync goes on in the meantime.")
        case _:
            return ""


def lag_of(row: TenantHealth) -> str:
    """Return by how many scheduled times the data is behind; empty when none is due."""
    if row.missed is None:
        return ""
    if row.missed == 0:
        return _("none")
    return npgettext("lag", "%(n)s day", "%(n)s days", row.missed) % {"n": row.missed}


def missing_of(row: TenantHealth) -> str:
    """Return the permissions that are missing; empty when none is known to be."""
    if row.missing == ("?",):
        if row.error_code == "consent-missing":
            return _("admin consent")
        return _("named in the last run")
    return ", ".join(row.missing)
