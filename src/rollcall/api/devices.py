"""The tenant's desk phones, each with a SIP password of its own that is shown once."""

from typing import Final

import msgspec
from ninja import Path, Router

from rollcall.access.scopes import Scope
from rollcall.api.door import ApiRequest, offer, tenant_of
from rollcall.api.paging import After, as_number
from rollcall.api.shapes import (
    BIGGEST_ID,
    USUAL,
    Given,
    Id,
    Input,
    Limit,
    Number,
    Page,
    page_of,
    shape_of,
)
from rollcall.calling import device_operations
from rollcall.calling.device_operations import DevicePassword
from rollcall.calling.devices import get_device_place, list_all_devices, list_device_places
from rollcall.core.numbering import parse_number
from rollcall.telephony.queries import get_key
from rollcall.wiring.calling_documents import (
    DeviceJson,
    DevicePasswordJson,
    to_device_json,
    to_password_json,
)
from rollcall.wiring.machine import utc_now

router = Router(tags=["Phones"])
SHAPE = shape_of(DeviceJson)
PASSWORD: Final = shape_of(DevicePasswordJson)
DeviceId = Path[Id]


class NewDevice(Input):
    """A desk phone to be added to an extension; its owner knows it by the name."""

    extension: Number
    name: Given


class DeviceChange(Input):
    """A phone's new name."""

    name: Given


class RemovedJson(msgspec.Struct, frozen=True):
    """A phone that is there no more."""

    removed: int


@offer(router, "GET", "/devices", scope=Scope.READ, answers=page_of(DeviceJson))
def list_devices(
    request: ApiRequest, after: After = "", limit: Limit = USUAL, extension: Number | None = None
) -> Page:
    """List the desk phones, those of one extension if it is named, and where they are."""
    tenant_id = tenant_of(request)
    if extension is not None:
        key = get_key(tenant_id, parse_number(extension))
        return Page(tuple(map(to_device_json, list_device_places(tenant_id, key.id))), None)
    start = as_number(after, most=BIGGEST_ID)
    places = list_all_devices(tenant_id, limit=limit + 1, after=start)
    shown = tuple(to_device_json(each) for each in places[:limit])
    return Page(shown, str(shown[-1].id) if len(places) > limit else None)


@offer(router, "POST", "/devices", scope=Scope.PHONES_WRITE, answers=PASSWORD, status=201)
def add_device(request: ApiRequest, body: NewDevice) -> DevicePasswordJson:
    """Add a desk phone. The password is in this answer and nowhere else."""
    tenant_id = tenant_of(request)
    key = get_key(tenant_id, parse_number(body.extension))
    made = device_operations.add_device(
        tenant_id, key.id, name=body.name, actor=request.auth.actor, now=utc_now()
    )
    return _told(request, made)


@offer(router, "GET", "/devices/{int:device_id}", scope=Scope.READ, answers=SHAPE)
def get_device(request: ApiRequest, device_id: DeviceId) -> DeviceJson:
    """Get a desk phone, and where it is."""
    return to_device_json(get_device_place(tenant_of(request), device_id))


@offer(router, "PATCH", "/devices/{int:device_id}", scope=Scope.PHONES_WRITE, answers=SHAPE)
def rename_device(request: ApiRequest, device_id: DeviceId, body: DeviceChange) -> DeviceJson:
    """Give a desk phone another name."""
    tenant_id = tenant_of(request)
    device_operations.rename_device(tenant_id, device_id, name=body.name, actor=request.auth.actor)
    return to_device_json(get_device_place(tenant_id, device_id))


@offer(
    router,
    "POST",
    "/devices/{int:device_id}/password",
    scope=Scope.PHONES_WRITE,
    answers=PASSWORD,
)
def renew_password(request: ApiRequest, device_id: DeviceId) -> DevicePasswordJson:
    """Give a desk phone a new password; with the old one it does not sign in any more."""
    made = device_operations.renew_password(
        tenant_of(request), device_id, actor=request.auth.actor, now=utc_now()
    )
    return _told(request, made)


@offer(
    router,
    "DELETE",
    "/devices/{int:device_id}",
    scope=Scope.PHONES_WRITE,
    answers=shape_of(RemovedJson),
)
def remove_device(request: ApiRequest, device_id: DeviceId) -> RemovedJson:
    """Remove a desk phone: it is signed out within seconds."""
    device_operations.remove_device(tenant_of(request), device_id, actor=request.auth.actor)
    return RemovedJson(device_id)


def _told(request: ApiRequest, made: DevicePassword) -> DevicePasswordJson:
    return to_password_json(made, get_device_place(tenant_of(request), made.device_id))
