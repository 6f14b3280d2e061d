"""The tenant's trunk, its numbers, and the numbers that call for help."""

from typing import Annotated, Literal

import msgspec
from ninja import Path, Router
from pydantic import Field

from rollcall.access.scopes import Scope
from rollcall.api.door import ApiRequest, offer, tenant_of
from rollcall.api.paging import After
from rollcall.api.shapes import (
    Given,
    Input,
    Number,
    Page,
    RowLimit,
    Text,
    page_of,
    shape_of,
)
from rollcall.calling import number_operations, trunk_operations
from rollcall.calling.trunk_numbers import NumbersWanted
from rollcall.calling.trunk_numbers import list_numbers as read_numbers
from rollcall.calling.trunk_operations import NewTrunk
from rollcall.calling.trunks import find_emergency_numbers
from rollcall.calling.trunks import get_trunk as read_trunk
from rollcall.core.numbering import parse_number
from rollcall.credentials.secret import Secret
from rollcall.telephony.queries import get_key
from rollcall.tenants.key_pages import ROWS, Place
from rollcall.wiring.calling_documents import (
    EmergencyJson,
    TrunkJson,
    TrunkNumberJson,
    to_emergency_json,
    to_number_json,
    to_trunk_json,
)
from rollcall.wiring.machine import utc_now

router = Router(tags=["Trunk"])
SHAPE = shape_of(TrunkJson)
NUMBER = shape_of(TrunkNumberJson)
EMERGENCY = shape_of(EmergencyJson)

Dialled = Annotated[str, Field(pattern=r"^\+?[1-9][0-9]{3,14}$")]
"""A number in E.164; in an address its “+” is written %2B, or left out."""

DialledPart = Path[Dialled]
Lines = Annotated[list[Text], Field(min_length=1, max_length=10_000)]
Short = Annotated[str, Field(max_length=128)]


class TrunkSettings(Input):
    """A trunk. Without `password` the one there is stays; without `port` the DNS says which.

    `host` is the carrier's SIP domain or registrar; everything is sent to the `proxy`, if it names
    one.
    """

    kind: Literal["registration", "address"]
    host: Given
    proxy: Text | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    transport: Literal["udp", "tcp", "tls"] = "udp"
    username: Text = ""
    password: Annotated[Short, Field(min_length=1)] | None = None
    addresses: Annotated[list[Text], Field(max_length=16, default_factory=list)]
    number_format: Literal["plus", "digits", "national"] = "plus"
    main_number: Text | None = None
    enabled: bool = True


class NewNumbers(Input):
    """Numbers to be added: each line is a number, a range, or a number and its extension."""

    lines: Lines


class NumberChange(Input):
    """Whom a number rings (null: nobody), and whether it is the caller id there."""

    extension: Number | None
    shown: bool = True


class EmergencyNumbers(Input):
    """The numbers that call for help; null: those of the country."""

    numbers: Annotated[list[Text], Field(max_length=20)] | None


class RemovedTrunkJson(msgspec.Struct, frozen=True):
    """A trunk that is there no more, by its carrier."""

    removed: str


class AddedJson(msgspec.Struct, frozen=True):
    """How many numbers came, and how many were there already."""

    added: int
    known: int


class RemovedNumberJson(msgspec.Struct, frozen=True):
    """A number that is there no more."""

    removed: str


@offer(router, "GET", "/trunk", scope=Scope.READ, answers=SHAPE)
def get_trunk(request: ApiRequest) -> TrunkJson:
    """Get the trunk, and how the switch gets on with the carrier. Without one: 404."""
    return to_trunk_json(read_trunk(tenant_of(request)))


@offer(router, "PUT", "/trunk", scope=Scope.TRUNK_WRITE, answers=SHAPE)
def set_trunk(request: ApiRequest, body: TrunkSettings) -> TrunkJson:
    """Set the trunk, a new one or the one there is."""
    password = body.password
    view = trunk_operations.save_trunk(
        tenant_of(request),
        NewTrunk(
            kind=body.kind,
            host=body.host,
            proxy=body.proxy or "",
            port=body.port,
            transport=body.transport,
            username=body.username,
            password=None if password is None else Secret(password.encode()),
            addresses=tuple(body.addresses),
            number_format=body.number_format,
            main_number=body.main_number or "",
            enabled=body.enabled,
        ),
        ring=request.machine.key_ring(),
        actor=request.auth.actor,
        now=utc_now(),
        places=request.machine.carrier_places(),
    )
    return to_trunk_json(view)


@offer(router, "DELETE", "/trunk", scope=Scope.TRUNK_WRITE, answers=shape_of(RemovedTrunkJson))
def remove_trunk(request: ApiRequest) -> RemovedTrunkJson:
    """Remove the trunk. Its numbers stay, for another one."""
    tenant_id = tenant_of(request)
    host = read_trunk(tenant_id).host
    trunk_operations.remove_trunk(tenant_id, actor=request.auth.actor)
    return RemovedTrunkJson(host)


@offer(router, "GET", "/trunk/numbers", scope=Scope.READ, answers=page_of(TrunkNumberJson))
def list_trunk_numbers(
    request: ApiRequest,
    after: After = "",
    limit: RowLimit = ROWS,
    search: Text = "",
    assigned: bool | None = None,  # noqa: FBT001 - a parameter of the address
) -> Page:
    """List the numbers that the carrier gave; with `search`, those that begin so."""
    wanted = NumbersWanted(text=search, assigned=assigned, place=Place(after=after), size=limit)
    page = read_numbers(tenant_of(request), wanted)
    following = page.rows[-1].number.removeprefix("+") if page.later else None
    return Page(tuple(map(to_number_json, page.rows)), following)


@offer(
    router,
    "POST",
    "/trunk/numbers",
    scope=Scope.TRUNK_WRITE,
    answers=shape_of(AddedJson),
    status=201,
)
def add_trunk_numbers(request: ApiRequest, body: NewNumbers) -> AddedJson:
    """Add numbers: all of them, or none if a line is no good."""
    made = number_operations.add_numbers(tenant_of(request), body.lines, actor=request.auth.actor)
    return AddedJson(made.added, made.known)


@offer(
    router,
    "PATCH",
    "/trunk/numbers/{str:trunk_number}",
    scope=Scope.TRUNK_WRITE,
    answers=NUMBER,
)
def assign_trunk_number(
    request: ApiRequest, trunk_number: DialledPart, body: NumberChange
) -> TrunkNumberJson:
    """Say whom a number rings."""
    tenant_id = tenant_of(request)
    key = get_key(tenant_id, parse_number(body.extension)) if body.extension else None
    view = number_operations.assign_number(
        tenant_id,
        _dialled(trunk_number),
        extension_id=key.id if key else None,
        shown=body.shown,
        actor=request.auth.actor,
    )
    return to_number_json(view)


@offer(
    router,
    "DELETE",
    "/trunk/numbers/{str:trunk_number}",
    scope=Scope.TRUNK_WRITE,
    answers=shape_of(RemovedNumberJson),
)
def remove_trunk_number(request: ApiRequest, trunk_number: DialledPart) -> RemovedNumberJson:
    """Remove a number."""
    number_operations.remove_numbers(
        tenant_of(request), [_dialled(trunk_number)], actor=request.auth.actor
    )
    return RemovedNumberJson(_dialled(trunk_number))


@offer(router, "GET", "/emergency-numbers", scope=Scope.READ, answers=EMERGENCY)
def get_emergency_numbers(request: ApiRequest) -> EmergencyJson:
    """Get the numbers that call for help."""
    return to_emergency_json(find_emergency_numbers(tenant_of(request)))


@offer(router, "PUT", "/emergency-numbers", scope=Scope.TRUNK_WRITE, answers=EMERGENCY)
def set_emergency_numbers(request: ApiRequest, body: EmergencyNumbers) -> EmergencyJson:
    """Say which numbers call for help; null: those of the country."""
    view = trunk_operations.save_emergency_numbers(
        tenant_of(request), body.numbers, actor=request.auth.actor
    )
    return to_emergency_json(view)


def _dialled(number: str) -> str:
    return "+" + number.removeprefix("+")
