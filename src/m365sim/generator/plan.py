"""What a directory shall hold, and how that is written: `people:20000:50:0.1,name=bigco`."""

import re
from typing import get_type_hints

import msgspec
from msgspec import Struct

NAME = re.compile(r"^[A-Za-z][A-Za-z0-9-]{0,40}$")
KINDS = ("contoso", "empty", "people")
LARGEST = 1_000_000


class SpecError(ValueError):
    """A directory that cannot be made; the message says why."""


class Plan(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a directory shall hold. Shares go from 0 to 1."""

    kind: str = "people"
    name: str = ""
    seed: str = ""
    cloud: str = ""
    country: str = "US"
    people: int = 100
    """User objects of people, guests and disabled ones among them."""
    contacts: int = 0
    """Contacts in each mailbox that has any."""
    share: float = 1.0
    """Which part of the people's mailboxes has contacts."""
    folders: int = 0
    """Contact folders below the default one; every second is below the one before."""
    guests: float = 0.01
    disabled: float = 0.02
    nameless: float = 0.005
    """People with neither first nor last name."""
    mailless: float = 0.01
    photos: float = 0.6
    shared: int = 2
    rooms: int = 3
    groups: int = 3


def read_spec(text: str) -> Plan:
    """Read `KIND[:ARGUMENTS][,KEY=VALUE…]`; SpecError when it is none."""
    head, *pairs = text.split(",")
    kind, *arguments = head.split(":")
    values: dict[str, object] = {"kind": kind}
    names = {"empty": ("name",), "people": ("people", "contacts", "share")}.get(kind, ())
    if kind not in KINDS or len(arguments) > len(names):
        raise SpecError(
            f"'{text}' is no directory. Write contoso, empty:NAME or people:N[:CONTACTS[:SHARE]], "
            "then ,key=value."
        )
    values |= zip(names, arguments, strict=False)
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise SpecError(f"'{pair}' in '{text}' is not key=value.")
        values[key.strip()] = value.strip()
    return make_plan(values)


def make_plan(values: dict[str, object]) -> Plan:
    """Make a plan out of named values, texts or numbers; SpecError when one of them is wrong."""
    hints = get_type_hints(Plan)
    converted = {
        key: _converted(key, value, hints[key]) if key in hints else value
        for key, value in values.items()
    }
    try:
        plan = msgspec.convert(converted, Plan)
    except msgspec.ValidationError as error:
        raise SpecError(str(error)) from error
    if plan.kind not in KINDS:
        raise SpecError(f"'{plan.kind}' is no kind of directory; there are {', '.join(KINDS)}.")
    if not 0 <= plan.people <= LARGEST:
        raise SpecError(f"{plan.people} people: there can be up to {LARGEST}.")
    name = plan.name or {"contoso": "Contoso", "empty": "Empty"}.get(
        plan.kind, f"people{plan.people}"
    )
    if not NAME.match(name):
        raise SpecError(f"'{name}' is no name for a directory: letters, digits and hyphens.")
    return msgspec.structs.replace(plan, name=name, seed=plan.seed or name.lower())


def _converted(key: str, value: object, kind: type) -> object:
    if not isinstance(value, str) or kind is str:
        return value
    try:
        return kind(value)
    except ValueError as error:
        raise SpecError(f"'{value}' is no number of {key}.") from error
