"""What goes in and out, as OpenAPI describes it.

Answers are the structs that commands print as JSON, written by the same encoder; here they only
become the models that the description is made of. What comes in is checked by models of its own.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from types import GenericAlias, NoneType, UnionType
from typing import Annotated, Any, Final, Literal, TypeVar, Union, get_args, get_origin

import msgspec
from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, create_model

from rollcall.tenants.key_pages import ROWS

MOST: Final = 200
USUAL: Final = 50
BIGGEST_ID: Final = 2**63 - 1

T = TypeVar("T")

_OPENED: Final = ConfigDict(extra="forbid")


class Page(msgspec.Struct, frozen=True):
    """Some of a list, and where the rest begins: `next` is null on the last page."""

    items: tuple[Any, ...]
    next: str | None


class ErrorJson(msgspec.Struct, frozen=True):
    """What went wrong: a stable code, a sentence, and a page under docs/howto (or null)."""

    code: str
    message: str
    help: str | None


class ErrorAnswer(msgspec.Struct, frozen=True):
    """Every answer that is not a success."""

    error: ErrorJson


def _no_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("a text cannot hold the character NUL")
    return text


Text = Annotated[str, Field(max_length=500), AfterValidator(_no_nul)]
"""A text as somebody gave it, in bounds."""


def _to_utc(moment: datetime) -> datetime:
    """Write it in UTC: PostgreSQL knows no zone that is 16 hours or more away from it."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # within the first day of all, or the last
        return moment.replace(tzinfo=UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""A moment as somebody gave it, with its offset from UTC; it comes as UTC."""

Given = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_no_nul)]
"""A text that says something."""

Id = Annotated[int, Field(ge=1, le=BIGGEST_ID)]
Limit = Annotated[int, Field(ge=1, le=MOST, description="At most so many.")]
RowLimit = Annotated[int, Field(ge=1, le=ROWS, description="At most so many.")]
"""The same for lists whose pages have a length of their own."""

Number = Annotated[str, Field(pattern=r"^[1-9][0-9]{2,12}$")]
"""An extension number."""


class Input(Schema):
    """A body. Keys that it has not are refused, so that a mistyped one is no surprise."""

    model_config = ConfigDict(extra="forbid", title=None)

    def given(self) -> dict[str, Any]:
        """Return what was given, by its keys; what was left out stays as it is."""
        return self.model_dump(exclude_unset=True)


def list_of(struct: type[msgspec.Struct]) -> GenericAlias:
    """Return the model of a whole list of such objects."""
    return GenericAlias(list, (shape_of(struct),))


def page_of(struct: type[msgspec.Struct]) -> type[BaseModel]:
    """Return the model of a page of such objects."""
    fields: dict[str, Any] = {
        "items": (list_of(struct), ...),
        "next": (str | None, ...),
    }
    return create_model(f"{struct.__name__}Page", __config__=_OPENED, **fields)


@cache
def shape_of(struct: type[msgspec.Struct]) -> type[BaseModel]:
    """Return the model of a struct: the same keys, all of them there in every answer."""
    fields: dict[str, Any] = {
        field.encode_name: (_shape(field.type), ...) for field in msgspec.structs.fields(struct)
    }
    return create_model(
        struct.__name__, __config__=_OPENED, __doc__=(struct.__doc__ or "").strip(), **fields
    )


def _shape(hint: Any) -> Any:
    origin, inner = get_origin(hint), get_args(hint)
    if hint is datetime:
        return AwareDatetime
    if origin in {Union, UnionType}:
        return Union[tuple(_shape(each) for each in inner)]  # noqa: UP007 - made at run time
    if origin is Literal or hint is NoneType:
        return hint
    if origin in {tuple, list}:
        return _array(inner)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return GenericAlias(dict, (str, _shape(inner[1])))
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return shape_of(hint)
    return str if isinstance(hint, type) and issubclass(hint, Enum) else hint


def _array(inner: tuple[Any, ...]) -> GenericAlias:
    if len(inner) == 2 and inner[1] is not Ellipsis:  # noqa: PLR2004 - a pair
        return GenericAlias(tuple, (_shape(inner[0]), _shape(inner[1])))
    return GenericAlias(list, (_shape(inner[0]),))
