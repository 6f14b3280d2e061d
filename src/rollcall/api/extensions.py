"""The tenant's extensions, and the numbers that are kept for people who come in later."""

from typing import Annotated, Any, Final, Literal

import msgspec
from ninja import Path, Router
from pydantic import Field

from rollcall.access.scopes import Scope
from rollcall.api.door import ApiRequest, offer, tenant_of
from rollcall.api.paging import After, name_place, read_place
from rollcall.api.shapes import (
    Given,
    Input,
    Number,
    Page,
    RowLimit,
    Text,
    list_of,
    page_of,
    shape_of,
)
from rollcall.audit.operations import note
from rollcall.core.numbering import parse_number
from rollcall.integrations import import_operations, people_operations
from rollcall.integrations.import_operations import ImportLine
from rollcall.integrations.queries import get_integration
from rollcall.telephony import operations
from rollcall.telephony.listing import Wanted, list_page
from rollcall.telephony.queries import ExtensionView, views_by_id
from rollcall.telephony.queries import get_extension as read_extension
from rollcall.tenants.key_pages import ROWS, Place
from rollcall.wiring.machine import utc_now

router = Router(tags=["Extensions"])
SHAPE = shape_of(ExtensionView)
NumberPart = Path[Number]

Shown = Literal["active", "blocked", "released", "local", "microsoft365", "deleted"]
MOST_LINES: Final = 100_000


class Profile(Input):
    """What is edited by hand of an extension."""

    first_name: Text | None = None
    last_name: Text | None = None
    display_name: Text | None = None
    email: Text | None = None
    mobile_phone: Text | None = None
    business_phone: Text | None = None
    job_title: Text | None = None
    department: Text | None = None
    office: Text | None = None
    company: Text | None = None

    def fields(self) -> dict[str, str]:
        """Return the fields that were given; null empties one."""
        given = self.given()
        given.pop("number", None)
        return {name: value or "" for name, value in given.items()}


class NewExtension(Profile):
    """An extension to be added. Without a display name, first and last name do."""

    number: Number


class ExtensionChange(Profile):
    """What is to be changed of an extension; of a synchronised one, its number only."""

    number: Number | None = None


class PersonNamed(Input):
    """Somebody of the directory: object id, principal name, mail address or name."""

    person: Given


class NumbersKept(Input):
    """Numbers for people who come in later: each person by object id or mail address."""

    lines: Annotated[list["NumberKept"], Field(min_length=1, max_length=MOST_LINES)]


class NumberKept(Input):
    """Whose number which one is to be."""

    person: Given
    number: Number


NumbersKept.model_rebuild()


class DeletedJson(msgspec.Struct, frozen=True):
    """A deleted extension, and what becomes of its number: freed, kept or released."""

    deleted: str
    number: Literal["freed", "kept", "released"]


class LinkedJson(msgspec.Struct, frozen=True):
    """An extension, and the person whose it becomes with the next run."""

    number: str
    directory_object_id: str


class SeparatedJson(msgspec.Struct, frozen=True):
    """A person, and the number of the extension that is a local one now, if there was one."""

    directory_object_id: str
    unlinked: str | None


class KeptJson(msgspec.Struct, frozen=True):
    """A number that is kept for somebody, and who that is if it is known yet."""

    person: str
    number: str
    directory_object_id: str | None


@offer(router, "GET", "/extensions", scope=Scope.READ, answers=page_of(ExtensionView))
def list_extensions(
    request: ApiRequest,
    after: After = "",
    limit: RowLimit = ROWS,
    search: Text = "",
    show: Shown | None = None,
) -> Page:
    """List the extensions by number, those that are in the PBX unless `show` says otherwise.

    With `search`, what begins a word of the name, the mail address or the number, best match first;
    there, an extension may come again on a later page.
    """
    tenant_id = tenant_of(request)
    place = Place(after=read_place(after))
    found = list_page(tenant_id, Wanted(text=search, shown=show or "", place=place))
    rows = found.rows[:limit]
    views = views_by_id(tenant_id, [row.id for row in rows])
    following = name_place(rows[-1].place) if len(found.rows) > limit or found.later else None
    return Page(tuple(views[row.id] for row in rows if row.id in views), following)


@offer(router, "POST", "/extensions", scope=Scope.EXTENSIONS_WRITE, answers=SHAPE, status=201)
def add_extension(request: ApiRequest, body: NewExtension) -> ExtensionView:
    """Add an extension by hand."""
    tenant_id, number = tenant_of(request), parse_number(body.number)
    operations.add_extension(tenant_id, number=number, fields=body.fields())
    _note(request, "extension.added", body.number, dict(body.fields()))
    return read_extension(tenant_id, number)


@offer(router, "GET", "/extensions/{str:number}", scope=Scope.READ, answers=SHAPE)
def get_extension(request: ApiRequest, number: NumberPart) -> ExtensionView:
    """Get an extension."""
    return read_extension(tenant_of(request), parse_number(number))


@offer(router, "PATCH", "/extensions/{str:number}", scope=Scope.EXTENSIONS_WRITE, answers=SHAPE)
def edit_extension(request: ApiRequest, number: NumberPart, body: ExtensionChange) -> ExtensionView:
    """Change an extension. What comes from Microsoft 365 is edited there."""
    tenant_id = tenant_of(request)
    target = parse_number(body.number) if body.number else None
    operations.edit_extension(
        tenant_id, parse_number(number), new_number=target, fields=body.fields()
    )
    _note(request, "extension.edited", number, body.given())
    return read_extension(tenant_id, target or parse_number(number))


@offer(
    router,
    "DELETE",
    "/extensions/{str:number}",
    scope=Scope.EXTENSIONS_WRITE,
    answers=shape_of(DeletedJson),
    live=True,
)
def delete_extension(request: ApiRequest, number: NumberPart) -> DeletedJson:
    """Delete an extension.

    One made by hand is gone and its number free. A person who is still in the directory comes back
    with the next run, so the number is kept; a leaver's number goes back to the range.
    """
    # As the owner of the tables: with a leaver go own contacts, which no administrator sees.
    outcome = people_operations.delete_extension(
        tenant_of(request), parse_number(number), actor=request.auth.actor, now=utc_now()
    )
    return msgspec.convert({"deleted": number, "number": outcome}, DeletedJson)


@offer(
    router,
    "POST",
    "/extensions/{str:number}/link",
    scope=Scope.EXTENSIONS_WRITE,
    answers=shape_of(LinkedJson),
)
def link_extension(request: ApiRequest, number: NumberPart, body: PersonNamed) -> LinkedJson:
    """Link a hand-made extension to a person of the directory, with the next run."""
    tenant_id = tenant_of(request)
    found = people_operations.link_person(
        tenant_id,
        get_integration(tenant_id).id,
        number=parse_number(number),
        person=body.person,
        actor=request.auth.actor,
    )
    return LinkedJson(number, found.object_id)


@offer(
    router,
    "POST",
    "/separate",
    scope=Scope.EXTENSIONS_WRITE,
    answers=shape_of(SeparatedJson),
    live=True,
)
def separate_person(request: ApiRequest, body: PersonNamed) -> SeparatedJson:
    """Give a person an extension of their own, with the next run.

    Who is linked to an extension is unlinked: it stays as one made by hand.
    """
    # As the owner of the tables, as above.
    tenant_id = tenant_of(request)
    found, number = people_operations.separate_person(
        tenant_id, get_integration(tenant_id).id, person=body.person, actor=request.auth.actor
    )
    return SeparatedJson(found.object_id, str(number) if number is not None else None)


@offer(router, "GET", "/kept-numbers", scope=Scope.READ, answers=list_of(KeptJson))
def list_kept_numbers(request: ApiRequest) -> list[KeptJson]:
    """List the numbers that are kept for people who have not come in."""
    return [_kept(line) for line in import_operations.list_kept(tenant_of(request))]


@offer(
    router,
    "POST",
    "/kept-numbers",
    scope=Scope.EXTENSIONS_WRITE,
    answers=list_of(KeptJson),
    status=201,
)
def import_numbers(request: ApiRequest, body: NumbersKept) -> list[KeptJson]:
    """Keep numbers for people who come in later: all of them, or none if one cannot be kept."""
    tenant_id = tenant_of(request)
    lines = import_operations.import_numbers(
        tenant_id,
        get_integration(tenant_id).id,
        lines=[_csv_line(each) for each in body.lines],
        actor=request.auth.actor,
    )
    return [_kept(line) for line in lines]


@offer(
    router,
    "DELETE",
    "/kept-numbers",
    scope=Scope.EXTENSIONS_WRITE,
    answers=shape_of(KeptJson),
)
def forget_number(request: ApiRequest, person: Given) -> KeptJson:
    """Keep no number for a person any more, named as in the import or by object id."""
    return _kept(
        import_operations.forget_number(tenant_of(request), person, actor=request.auth.actor)
    )


def _csv_line(line: NumberKept) -> str:
    quoted = line.person.replace('"', '""').replace("\n", " ").replace("\r", " ")
    return f'"{quoted}",{line.number}'


def _kept(line: ImportLine) -> KeptJson:
    return KeptJson(line.person, str(line.number), line.source_id)


def _note(request: ApiRequest, action: str, number: str, detail: dict[str, Any]) -> None:
    note(
        actor=request.auth.actor,
        action=action,
        subject=number,
        tenant_id=tenant_of(request),
        detail=detail,
    )
