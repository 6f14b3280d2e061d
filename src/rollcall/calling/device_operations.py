"""Add desk phones, give them new passwords, rename and remove them.

A password is random and shown once; what is kept of it opens nothing but this one phone's line.
The user name begins with the extension's number of the day: after a move to another number the
phone works on as it is, because the number comes from the extension.
"""

import secrets
from datetime import datetime
from typing import Final

import msgspec
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from typing_extensions import override

from rollcall.audit.operations import note
from rollcall.calling.devices import find_row
from rollcall.calling.models import Device
from rollcall.calling.phones import LIKE_NO_OTHER, get_extension
from rollcall.core.errors import SetupError
from rollcall.sip.digest import ha1
from rollcall.telephony.queries import ExtensionKey, find_key
from rollcall.tenants.queries import get_tenant_by_id

PASSWORD_LENGTH: Final = 20
USERNAME_ENDING: Final = 6
LONGEST_NAME: Final = 60
MOST_DEVICES: Final = 8
"""So many phones of one extension the switch lets sign in at once."""

_TRIES: Final = 5


class DevicePassword(msgspec.Struct, frozen=True, kw_only=True):
    """What is typed into a desk phone. The password is shown this once and kept nowhere."""

    device_id: int
    username: str
    password: str
    domain: str

    @override
    def __repr__(self) -> str:
        return f"DevicePassword(device_id={self.device_id})"


@transaction.atomic
def add_device(
    tenant_id: int, extension_id: int, *, name: str, actor: str, now: datetime
) -> DevicePassword:
    """Add a desk phone to an extension. Raises SetupError."""
    extension = get_extension(tenant_id, extension_id)
    if Device.objects.of(tenant_id).filter(extension_id=extension_id).count() >= MOST_DEVICES:
        sentence = _("An extension has at most %(most)s phones. Remove one that is not used.")
        raise SetupError(sentence % {"most": MOST_DEVICES}, code="too-many-devices")
    row = Device(tenant_id=tenant_id, extension_id=extension_id, name=_checked_name(name))
    made = _save_new(row, extension, now)
    _note(actor, "device.added", row, extension)
    return made


@transaction.atomic
def renew_password(tenant_id: int, device_id: int, *, actor: str, now: datetime) -> DevicePassword:
    """Give a desk phone a new password; with the old one it does not sign in any more."""
    row = find_row(tenant_id, device_id)
    extension = get_extension(tenant_id, row.extension_id)
    made = _with_password(row, now)
    row.save(update_fields=["realm", "ha1", "password_at"])
    _note(actor, "device.password_renewed", row, extension)
    return msgspec.structs.replace(made, device_id=row.pk)


@transaction.atomic
def rename_device(tenant_id: int, device_id: int, *, name: str, actor: str) -> None:
    """Give a desk phone another name."""
    row = find_row(tenant_id, device_id)
    row.name = _checked_name(name)
    row.save(update_fields=["name"])
    _note(actor, "device.renamed", row, find_key(tenant_id, row.extension_id))


@transaction.atomic
def remove_device(tenant_id: int, device_id: int, *, actor: str) -> None:
    """Remove a desk phone: it is signed out within seconds, and its password is worth nothing."""
    row = find_row(tenant_id, device_id)
    Device.objects.of(tenant_id).filter(pk=row.pk).delete()
    _note(actor, "device.removed", row, find_key(tenant_id, row.extension_id))


def _save_new(row: Device, extension: ExtensionKey, now: datetime) -> DevicePassword:
    """Save a phone under a user name that nobody has, of this tenant or another one."""
    for _try in range(_TRIES):
        row.username = f"{extension.number}-{_random(USERNAME_ENDING)}"
        made = _with_password(row, now)
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError as error:
            if "device_username" not in str(error):
                raise
        else:
            return msgspec.structs.replace(made, device_id=row.pk)
    raise RuntimeError("no user name was free")


def _with_password(row: Device, now: datetime) -> DevicePassword:
    """Give a row a new password, and return that."""
    domain, password = get_tenant_by_id(row.tenant_id).sip_domain, _random(PASSWORD_LENGTH)
    row.realm, row.password_at = domain, now
    row.ha1 = ha1(row.username, domain, password)
    return DevicePassword(device_id=0, username=row.username, password=password, domain=domain)


def _random(length: int) -> str:
    return "".join(secrets.choice(LIKE_NO_OTHER) for _each in range(length))


def _checked_name(name: str) -> str:
    name = " ".join(name.replace("\0", "").split())
    if not name:
        raise SetupError(
            _("Give the phone a name that its owner knows it by, such as Desk."),
            code="bad-device-name",
        )
    if len(name) > LONGEST_NAME:
        sentence = _("A phone's name has at most %(most)s characters.")
        raise SetupError(sentence % {"most": LONGEST_NAME}, code="bad-device-name")
    return name


def _note(actor: str, action: str, row: Device, extension: ExtensionKey | None) -> None:
    note(
        actor=actor,
        action=action,
        subject=str(extension.number) if extension else "",
        tenant_id=row.tenant_id,
        detail={"phone": row.name, "user": row.username},
    )
