"""Phones, trunks and calls as JSON: commands print it, the API answers it."""

from datetime import datetime

import msgspec

from rollcall.calling.calls import CallView, Party
from rollcall.calling.device_operations import DevicePassword
from rollcall.calling.devices import DevicePlace
from rollcall.calling.trunk_numbers import TrunkNumberView
from rollcall.calling.trunks import EmergencyView, TrunkView


class DeviceJson(msgspec.Struct, frozen=True, kw_only=True):
    """A desk phone as JSON. `address` and `agent` are null while it is not registered."""

    id: int
    extension: str
    person: str | None
    name: str
    username: str
    domain: str
    valid: bool
    registered: bool
    address: str | None
    transport: str | None
    agent: str | None
    created_at: datetime
    password_at: datetime


class DevicePasswordJson(msgspec.Struct, frozen=True, kw_only=True):
    """What is typed into a desk phone, as JSON. The password is shown this once."""

    id: int
    extension: str
    name: str
    username: str
    password: str
    domain: str


class TrunkJson(msgspec.Struct, frozen=True, kw_only=True):
    """A trunk as JSON, and how the switch gets on with the carrier. The password is not in it."""

    enabled: bool
    kind: str
    host: str
    proxy: str | None
    port: int | None
    transport: str
    username: str | None
    password_at: datetime | None
    addresses: tuple[str, ...]
    number_format: str
    main_number: str | None
    state: str
    detail: str | None
    since: datetime | None
    seen_at: datetime | None


class TrunkNumberJson(msgspec.Struct, frozen=True, kw_only=True):
    """A number of the trunk's as JSON, and the extension that it rings."""

    number: str
    extension: str | None
    person: str | None
    shown: bool


class EmergencyJson(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers that call for help, as JSON; `usual` are those of the country."""

    numbers: tuple[str, ...]
    usual: tuple[str, ...]
    own: bool


class CallJson(msgspec.Struct, frozen=True, kw_only=True):
    """A call that ended, as JSON. `caller` and `callee` are extensions, or null."""

    id: int
    direction: str
    result: str
    began_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    seconds: int
    caller: str | None
    caller_name: str | None
    caller_number: str | None
    callee: str | None
    callee_name: str | None
    callee_number: str | None
    emergency: bool
    sip_code: int


def to_device_json(place: DevicePlace) -> DeviceJson:
    """Return a desk phone as JSON."""
    device, where = place.device, place.device.registration
    return DeviceJson(
        id=device.id,
        extension=place.number,
        person=place.person or None,
        name=device.name,
        username=device.username,
        domain=device.domain,
        valid=device.valid,
        registered=where is not None,
        address=where.address if where else None,
        transport=where.transport if where else None,
        agent=where.agent or None if where else None,
        created_at=device.created_at,
        password_at=device.password_at,
    )


def to_password_json(made: DevicePassword, place: DevicePlace) -> DevicePasswordJson:
    """Return what is typed into a desk phone as JSON."""
    return DevicePasswordJson(
        id=made.device_id,
        extension=place.number,
        name=place.device.name,
        username=made.username,
        password=made.password,
        domain=made.domain,
    )


def to_trunk_json(view: TrunkView) -> TrunkJson:
    """Return a trunk as JSON."""
    state = view.state
    return TrunkJson(
        enabled=view.enabled,
        kind=view.kind,
        host=view.host,
        proxy=view.proxy or None,
        port=view.port,
        transport=view.transport,
        username=view.username or None,
        password_at=view.password_at,
        addresses=view.addresses,
        number_format=view.number_format,
        main_number=view.main_number,
        state=state.state if state else "unknown",
        detail=state.detail or None if state else None,
        since=state.since if state else None,
        seen_at=state.seen_at if state else None,
    )


def to_number_json(view: TrunkNumberView) -> TrunkNumberJson:
    """Return a number of the trunk's as JSON."""
    return TrunkNumberJson(
        number=view.number,
        extension=view.extension,
        person=view.name or None,
        shown=view.shown,
    )


def to_emergency_json(view: EmergencyView) -> EmergencyJson:
    """Return the emergency numbers as JSON."""
    return EmergencyJson(numbers=view.numbers, usual=view.usual, own=view.own)


def to_call_json(call: CallView) -> CallJson:
    """Return a call as JSON."""
    return CallJson(
        id=call.id,
        direction=call.direction,
        result=call.result,
        began_at=call.began_at,
        answered_at=call.answered_at,
        ended_at=call.ended_at,
        seconds=call.seconds,
        caller=call.caller.extension or None,
        caller_name=call.caller.name or None,
        caller_number=_number(call.caller),
        callee=call.callee.extension or None,
        callee_name=call.callee.name or None,
        callee_number=_number(call.callee),
        emergency=call.emergency,
        sip_code=call.sip_code,
    )


def _number(party: Party) -> str | None:
    return party.number or None
