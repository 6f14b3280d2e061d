"""Read the desk phones of extensions. Their passwords are kept nowhere."""

from collections.abc import Collection
from datetime import datetime

import msgspec

from rollcall.calling.models import Device
from rollcall.calling.registrations import Registration, registrations_by_extension
from rollcall.core.errors import SetupError
from rollcall.telephony.queries import views_by_id
from rollcall.tenants.queries import get_tenant_by_id


class DeviceView(msgspec.Struct, frozen=True, kw_only=True):
    """A desk phone. One that is not `valid` needs a new password: its SIP domain is another now.

    `domain` is the one that its password is for; `registration` is where it is, if it is there.
    """

    id: int
    extension_id: int
    name: str
    username: str
    domain: str
    valid: bool
    created_at: datetime
    password_at: datetime
    registration: Registration | None


def list_devices(tenant_id: int, extension_id: int) -> tuple[DeviceView, ...]:
    """Return the desk phones of an extension, the oldest first, with where they are."""
    return devices_by_extension(tenant_id, [extension_id]).get(extension_id, ())


def devices_by_extension(
    tenant_id: int, extension_ids: Collection[int]
) -> dict[int, tuple[DeviceView, ...]]:
    """Return the desk phones of some extensions by their ids, in three queries."""
    rows = Device.objects.of(tenant_id).filter(extension_id__in=list(extension_ids)).defer("ha1")
    registered = {
        each.device_id: each
        for some in registrations_by_extension(tenant_id, extension_ids).values()
        for each in reversed(some)
        if each.device_id is not None
    }
    domain = get_tenant_by_id(tenant_id).sip_domain
    found: dict[int, tuple[DeviceView, ...]] = {}
    for row in rows.order_by("id"):
        view = _to_view(row, domain, registered.get(row.pk))
        found[row.extension_id] = (*found.get(row.extension_id, ()), view)
    return found


def get_device(tenant_id: int, device_id: int) -> DeviceView:
    """Return a desk phone, or raise SetupError."""
    row = find_row(tenant_id, device_id)
    devices = list_devices(tenant_id, row.extension_id)
    return next(device for device in devices if device.id == row.pk)


class DevicePlace(msgspec.Struct, frozen=True):
    """A desk phone, and whose it is. `number` is empty for a person who was released."""

    number: str
    person: str
    device: DeviceView


def list_all_devices(tenant_id: int, *, limit: int, after: int = 0) -> list[DevicePlace]:
    """Return desk phones of the whole tenant by id: those that come after one."""
    rows = Device.objects.of(tenant_id).filter(pk__gt=after).order_by("pk")
    holders = dict(rows.values_list("pk", "extension_id")[:limit])
    places = _places(tenant_id, set(holders.values()))
    return [places[device_id] for device_id in holders if device_id in places]


def list_device_places(tenant_id: int, extension_id: int) -> list[DevicePlace]:
    """Return the desk phones of one extension, the oldest first, and whose they are."""
    return list(_places(tenant_id, {extension_id}).values())


def get_device_place(tenant_id: int, device_id: int) -> DevicePlace:
    """Return a desk phone, and whose it is, or raise SetupError."""
    row = find_row(tenant_id, device_id)
    return _places(tenant_id, {row.extension_id})[row.pk]


def _places(tenant_id: int, extension_ids: Collection[int]) -> dict[int, DevicePlace]:
    people = views_by_id(tenant_id, extension_ids)
    return {
        device.id: DevicePlace(person.number or "", person.display_name or "", device)
        for extension_id, devices in devices_by_extension(tenant_id, extension_ids).items()
        for device in devices
        if (person := people.get(extension_id)) is not None
    }


def count_devices(tenant_id: int) -> int:
    """Return how many desk phones have a password that a change of the SIP domain would void."""
    domain = get_tenant_by_id(tenant_id).sip_domain
    return Device.objects.of(tenant_id).filter(realm=domain).count()


def find_row(tenant_id: int, device_id: int) -> Device:
    """Return the row of a desk phone, or raise SetupError. For this app."""
    row = Device.objects.of(tenant_id).filter(pk=device_id).defer("ha1").first()
    if row is None:
        raise SetupError(f"There is no phone {device_id}.", code="unknown-device")
    return row


def _to_view(row: Device, domain: str, registration: Registration | None) -> DeviceView:
    return DeviceView(
        id=row.pk,
        extension_id=row.extension_id,
        name=row.name,
        username=row.username,
        domain=row.realm,
        valid=row.realm == domain,
        created_at=row.created_at,
        password_at=row.password_at,
        registration=registration,
    )
