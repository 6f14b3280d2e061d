"""Set a tenant's trunk and its emergency numbers, and remove them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _

from rollcall.audit.operations import note
from rollcall.calling.models import CallSettings, Trunk, TrunkState
from rollcall.calling.trunk_rules import (
    check_addresses,
    check_choice,
    check_emergency,
    check_host,
    check_password,
    check_phone_number,
    check_port,
    check_username,
)
from rollcall.calling.trunks import (
    EmergencyView,
    TrunkView,
    find_emergency_numbers,
    get_trunk,
    password_place,
)
from rollcall.core.errors import SetupError
from rollcall.credentials.sealing import KeyRing, seal, unseal
from rollcall.credentials.secret import Secret
from rollcall.sip.carrier_places import CarrierPlaces
from rollcall.tenants.queries import get_tenant_by_id

ANYWHERE_ELSE: Final = CarrierPlaces()
"""Carriers are on other machines; which addresses are the switch's own is not known here."""


class NewTrunk(msgspec.Struct, frozen=True, kw_only=True):
    """A trunk as somebody set it. No `password`: the one there is stays. No `port`: DNS says.

    `main_number` is as people write it, "" for none.
    """

    kind: str
    host: str
    proxy: str = ""
    port: int | None = None
    transport: str = "udp"
    username: str = ""
    password: Secret | None = None
    addresses: tuple[str, ...] = ()
    number_format: str = "plus"
    main_number: str = ""
    enabled: bool = True


@transaction.atomic
def save_trunk(
    tenant_id: int,
    new: NewTrunk,
    *,
    ring: KeyRing,
    actor: str,
    now: datetime,
    places: CarrierPlaces = ANYWHERE_ELSE,
) -> TrunkView:
    """Set the tenant's trunk, a new one or the one there is. Raises SetupError."""
    row = Trunk.objects.of(tenant_id).select_for_update().first()
    before = _told(row)
    row = row or Trunk(tenant_id=tenant_id)
    carrier = _carrier(row)
    _set(row, new, country=get_tenant_by_id(tenant_id).country, places=places)
    moved = carrier != _carrier(row)
    _set_password(row, new.password, ring=ring, moved=moved, now=now)
    row.save()
    if _told(row) != before or new.password is not None:
        TrunkState.objects.of(tenant_id).delete()  # what is known is of the settings before
    detail = _changes(before, _told(row))
    if new.password is not None:
        detail["new_password"] = True
    note(actor=actor, action="trunk.set", subject=row.host, tenant_id=tenant_id, detail=detail)
    return get_trunk(tenant_id)


@transaction.atomic
def import_trunk(tenant_id: int, new: NewTrunk, *, actor: str) -> TrunkView:
    """Set the trunk to what a file says, which has no password: the one there is may not fit."""
    row = Trunk.objects.of(tenant_id).select_for_update().first() or Trunk(tenant_id=tenant_id)
    before, carrier = _told(row), _carrier(row)
    _set(row, new, country=get_tenant_by_id(tenant_id).country, places=ANYWHERE_ELSE)
    if carrier != _carrier(row):
        row.password_sealed = row.password_at = None
    row.save()
    TrunkState.objects.of(tenant_id).delete()
    detail = _changes(before, _told(row))
    note(actor=actor, action="trunk.set", subject=row.host, tenant_id=tenant_id, detail=detail)
    return get_trunk(tenant_id)


@transaction.atomic
def remove_trunk(tenant_id: int, *, actor: str) -> None:
    """Remove the tenant's trunk. Its numbers stay, for another one."""
    trunk = get_trunk(tenant_id)
    TrunkState.objects.of(tenant_id).delete()
    Trunk.objects.of(tenant_id).delete()
    note(actor=actor, action="trunk.removed", subject=trunk.host, tenant_id=tenant_id)


@transaction.atomic
def save_emergency_numbers(
    tenant_id: int, numbers: Collection[str] | None, *, actor: str
) -> EmergencyView:
    """Say which numbers call for help; None: those of the country. Raises SetupError."""
    rows = CallSettings.objects.of(tenant_id)
    kept = None
    if numbers is not None:
        kept = check_emergency(numbers, get_tenant_by_id(tenant_id).country)
    rows.update_or_create(tenant_id=tenant_id, defaults={"emergency_numbers": kept})
    detail = {"numbers": kept}
    note(actor=actor, action="emergency_numbers.set", tenant_id=tenant_id, detail=detail)
    return find_emergency_numbers(tenant_id)


def open_password(ring: KeyRing, tenant_id: int, sealed: bytes) -> Secret:
    """Return a trunk's password, for the switch; raise SealingError where it does not open."""
    return unseal(ring, sealed, place=password_place(tenant_id))


def _set(row: Trunk, new: NewTrunk, *, country: str, places: CarrierPlaces) -> None:
    row.kind = check_choice(new.kind, Trunk.Kind.values, _("kind of trunk"))
    row.transport = check_choice(new.transport, Trunk.Transport.values, _("transport"))
    row.number_format = check_choice(
        new.number_format, Trunk.NumberFormat.values, _("format of numbers")
    )
    row.host = check_host(new.host, places=places)
    row.proxy = check_host(new.proxy, places=places) if new.proxy.strip() else ""
    row.port = check_port(new.port)
    registers = row.kind == Trunk.Kind.REGISTRATION
    row.username = check_username(new.username, needed=registers)
    row.addresses = check_addresses(new.addresses, places=places)
    row.main_number = check_phone_number(new.main_number, country) if new.main_number else None
    row.enabled = new.enabled


def _carrier(row: Trunk) -> tuple[str, str, str]:
    """Return who is given the password, and for whom."""
    return row.host, row.proxy, row.username


def _set_password(
    row: Trunk, password: Secret | None, *, ring: KeyRing, moved: bool, now: datetime
) -> None:
    if password is not None:
        sealed = seal(ring, check_password(password), place=password_place(row.tenant_id))
        row.password_sealed, row.password_at = sealed, now
    elif not row.username:
        row.password_sealed = row.password_at = None
    elif row.password_sealed is not None and moved:
        raise SetupError(
            _("This is another carrier or user: enter the password, so that none goes astray."),
            code="password-needed",
        )
    if row.kind == Trunk.Kind.REGISTRATION and row.password_sealed is None:
        raise SetupError(
            _("A trunk that registers needs the password that the carrier gave."),
            code="password-needed",
        )


def _changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Return what the audit log tells: old and new of what is another one now."""
    return {
        name: {"old": before.get(name), "new": value}
        for name, value in after.items()
        if before.get(name) != value
    }


def _told(row: Trunk | None) -> dict[str, Any]:
    """Return what the audit log may tell of a trunk."""
    if row is None:
        return {}
    names = (
        *("kind", "host", "proxy", "port", "transport", "username", "number_format", "enabled"),
    )
    told = {name: getattr(row, name) for name in names}
    return told | {"addresses": list(row.addresses), "main_number": row.main_number}
