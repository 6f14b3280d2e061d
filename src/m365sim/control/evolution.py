"""A day in the life of a directory: people join, leave, marry. The same seed is the same day."""

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from m365sim.control.asking import Ask, ControlError
from m365sim.control.changes import AnyOperation, apply_change
from m365sim.control.mailbox_changes import AddContact, DeleteContact, UpdateContact
from m365sim.control.people_changes import (
    AddUser,
    DeleteUser,
    Disable,
    Result,
    SetPhoto,
    UpdateUser,
)
from m365sim.generator.names import WORDS, dialled, spelled
from m365sim.seeds import Dice
from m365sim.state.directory import Directory

TRIES = 50


class Day(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How much happens."""

    seed: int | str = 1
    joins: int = 0
    leaves: int = 0
    renames: int = 0
    disables: int = 0
    phone_changes: int = 0
    photo_changes: int = 0
    contact_changes: int = 0


def evolve(ask: Ask) -> object:
    """Let a day pass and say what happened."""
    day = ask.read(Day)
    done: list[object] = []
    results: list[Result] = []
    for operation in _happenings(ask.directory, day):
        results.append(apply_change(ask.directory, operation, ask.world.clock.stamp()))
        done.append(msgspec.to_builtins(operation))
    return {"changes": done, "results": results}


def _happenings(directory: Directory, day: Day) -> Iterator[AnyOperation]:
    for number in range(day.joins):
        yield _joiner(directory, Dice(day.seed, "join", number), f"{day.seed}{number}")
    for number in range(day.leaves):
        yield DeleteUser(user=_somebody(directory, Dice(day.seed, "leave", number)))
    for number in range(day.renames):
        dice = Dice(day.seed, "rename", number)
        yield _renamed(directory, _somebody(directory, dice), dice)
    for number in range(day.disables):
        yield Disable(user=_somebody(directory, Dice(day.seed, "disable", number)))
    for number in range(day.phone_changes):
        dice = Dice(day.seed, "phone", number)
        values: dict[str, object] = {
            "mobilePhone": dialled(dice.pick(WORDS.regions).mobile, dice.below(10_000))
        }
        yield UpdateUser(user=_somebody(directory, dice), set=values)
    for number in range(day.photo_changes):
        dice = Dice(day.seed, "photo", number)
        yield SetPhoto(user=_somebody(directory, dice), seed=f"{day.seed}:{number}")
    for number in range(day.contact_changes):
        yield _contact_change(directory, Dice(day.seed, "contact", number))


def _joiner(directory: Directory, dice: Dice, suffix: str) -> AnyOperation:
    given, surname = dice.pick(WORDS.given_names), dice.pick(WORDS.surnames)
    region = dice.pick(WORDS.regions)
    address = f"{spelled(given)}.{spelled(surname)}.n{suffix}@{directory.default_domain}"
    return AddUser(
        set={
            "displayName": f"{given} {surname}",
            "givenName": given,
            "surname": surname,
            "userPrincipalName": address,
            "mail": address,
            "jobTitle": dice.pick(WORDS.titles),
            "department": dice.pick(WORDS.departments),
            "businessPhones": [dialled(region.landline, dice.below(10_000))],
            "usageLocation": region.country,
        }
    )


def _somebody(directory: Directory, dice: Dice) -> str:
    """Return the id of an ordinary person, or, where there is none nearby, of anybody."""
    people = directory.people
    slots = people.live_slots()
    if not slots:
        raise ControlError("There is nobody to whom anything could happen.")
    start = dice.below(len(slots))
    for step in range(TRIES):
        slot = slots[(start + step) % len(slots)]
        known = people.properties(slot)
        if known.get("userType") == "Member" and known.get("accountEnabled") and "surname" in known:
            return people.object_id(slot)
    return people.object_id(slots[start])


def _renamed(directory: Directory, user: str, dice: Dice) -> AnyOperation:
    slot = directory.people.by_id(user) or 0
    given = directory.people.properties(slot).get("givenName") or dice.pick(WORDS.given_names)
    surname = dice.pick(WORDS.surnames)
    return UpdateUser(user=user, set={"surname": surname, "displayName": f"{given} {surname}"})


def _contact_change(directory: Directory, dice: Dice) -> AnyOperation:
    user = _somebody(directory, dice)
    contents = directory.contents(directory.people.by_id(user) or 0)
    numbers = list(contents.contacts)
    kind = dice.below(3) if numbers else 0
    if kind == 0:
        given, surname = dice.pick(WORDS.given_names), dice.pick(WORDS.surnames)
        phones = [dialled(dice.pick(WORDS.regions).landline, dice.below(10_000))]
        name = f"{given} {surname}"
        values: dict[str, object] = {
            "displayName": name,
            "givenName": given,
            "surname": surname,
            "businessPhones": phones,
        }
        return AddContact(user=user, set=values)
    number = dice.pick(numbers)
    if kind == 1:
        mobile: dict[str, object] = {
            "mobilePhone": dialled(dice.pick(WORDS.regions).mobile, dice.below(10_000))
        }
        return UpdateContact(user=user, contact=number, set=mobile)
    return DeleteContact(user=user, contact=number)
