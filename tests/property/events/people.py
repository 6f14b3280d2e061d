"""What happens to people in the directory."""

from random import Random

import msgspec

from rollcall.core.records import SourceId, UserRecord
from tests.property.events.registry import event
from tests.property.history import History
from tests.property.oracle import RELEASED

FIRST = (
    "anna",
    "Anna",
    "Bob",
    "Änne",
    "Straße",
    "STRASSE",
    "émile",
    "Zoë",
    "李",
    "O'Neil",
    "von der Aa",
)
WORDS = ("Sales", "Support", "Berlin", "Lisbon", "+49 30 901820", "+1 425 555 0109")
FIELDS = ("mobile_phone", "business_phone", "job_title", "department", "office", "company")


def new_person(dice: Random, **values: object) -> UserRecord:
    name = dice.choice(FIRST)
    tail = f"{dice.getrandbits(48):012x}"
    record = UserRecord(
        source_id=SourceId(tail),
        display_name=f"{name} {dice.choice(FIRST)}",
        first_name=name,
        last_name=dice.choice(("", "Weber", "weber")),
        principal_name=f"{tail}@login.example",
        email=f"Mail.{tail[:6]}@contoso.example" if dice.random() < 0.8 else "",
    )
    return msgspec.structs.replace(record, **values)


def _somebody(history: History, dice: Random) -> UserRecord | None:
    there = history.directory.there()
    return dice.choice(there) if there else None


def _change(history: History, dice: Random, **values: object) -> bool:
    record = _somebody(history, dice)
    if record is None:
        return False
    changed = msgspec.structs.replace(record, **values)
    history.directory.put(changed)
    return changed != record


@event
def somebody_joins(history: History, dice: Random) -> bool:
    history.directory.put(new_person(dice))
    return True


@event
def many_join(history: History, dice: Random) -> bool:
    for _ in range(dice.randint(4, 13)):
        history.directory.put(new_person(dice))
    return True


@event
def somebody_joins_with_the_mail_of_another(history: History, dice: Random) -> bool:
    other = _somebody(history, dice)
    if other is None or not other.email:
        return False
    history.directory.put(new_person(dice, email=other.email.upper()))
    return True


@event
def a_guest_joins(history: History, dice: Random) -> bool:
    history.directory.put(new_person(dice, guest=True))
    return True


@event
def a_disabled_account_joins(history: History, dice: Random) -> bool:
    history.directory.put(new_person(dice, enabled=False))
    return True


@event
def somebody_without_a_name_joins(history: History, dice: Random) -> bool:
    shown = dice.choice(("", "Conf Room Adams"))
    history.directory.put(new_person(dice, first_name="", last_name="", display_name=shown))
    return True


@event
def somebody_leaves(history: History, dice: Random) -> bool:
    record = _somebody(history, dice)
    if record is not None:
        history.directory.remove(record.source_id)
    return record is not None


@event
def somebody_is_deleted_for_good(history: History, dice: Random) -> bool:
    gone = history.directory.removed()
    record = _somebody(history, dice)
    if gone and dice.random() < 0.5:
        history.directory.remove(dice.choice(gone), permanent=True)
    elif record is not None:
        history.directory.remove(record.source_id, permanent=True)
    return bool(gone) or record is not None


@event
def somebody_is_restored(history: History, dice: Random) -> bool:
    used = {record.email.casefold() for record in history.directory.there() if record.email}
    gone = [
        each
        for each in history.directory.removed()
        if history.directory.record(each).email.casefold() not in used
    ]
    if gone:
        history.directory.restore(dice.choice(gone))
    return bool(gone)


@event
def somebody_is_created_anew(history: History, dice: Random) -> bool:
    record = _somebody(history, dice)
    if record is None:
        return False
    history.directory.remove(record.source_id, permanent=dice.random() < 0.5)
    tail = f"{dice.getrandbits(48):012x}"
    history.directory.put(msgspec.structs.replace(record, source_id=SourceId(tail)))
    return True


@event
def somebody_is_disabled(history: History, dice: Random) -> bool:
    return _change(history, dice, enabled=False)


@event
def somebody_is_enabled(history: History, dice: Random) -> bool:
    disabled = [record for record in history.directory.there() if not record.enabled]
    if disabled:
        history.directory.put(msgspec.structs.replace(dice.choice(disabled), enabled=True))
    return bool(disabled)


@event
def somebody_who_was_released_comes_back(history: History, dice: Random) -> bool:
    directory = history.directory
    used = {record.email.casefold() for record in directory.there() if record.email}
    gone = [
        each for each in directory.removed() if directory.record(each).email.casefold() not in used
    ]
    at_hand = {*gone, *(record.source_id for record in directory.there())}
    released = [
        each
        for each, seat in history.picture.seats.items()
        if seat.state == RELEASED and each in at_hand
    ]
    if released:
        record = directory.record(dice.choice(released))
        directory.put(msgspec.structs.replace(record, enabled=True, guest=False))
    return bool(released)


@event
def many_are_disabled(history: History, dice: Random) -> bool:
    there = [record for record in history.directory.there() if record.enabled]
    for record in there:
        if dice.random() < 0.6:
            history.directory.put(msgspec.structs.replace(record, enabled=False))
    return bool(there)


@event
def many_are_enabled(history: History, dice: Random) -> bool:
    disabled = [record for record in history.directory.there() if not record.enabled]
    for record in disabled:
        history.directory.put(msgspec.structs.replace(record, enabled=True))
    return bool(disabled)


@event
def somebody_is_renamed(history: History, dice: Random) -> bool:
    name = dice.choice(FIRST)
    return _change(history, dice, first_name=name, display_name=f"{name} {dice.choice(FIRST)}")


@event
def a_name_becomes_empty(history: History, dice: Random) -> bool:
    shown = dice.choice(("", "Somebody"))
    return _change(history, dice, first_name="", last_name="", display_name=shown)


@event
def a_name_comes_back(history: History, dice: Random) -> bool:
    nameless = [record for record in history.directory.there() if not record.named]
    if nameless:
        name = dice.choice(FIRST)
        changed = msgspec.structs.replace(dice.choice(nameless), first_name=name, display_name=name)
        history.directory.put(changed)
    return bool(nameless)


@event
def a_mail_address_changes(history: History, dice: Random) -> bool:
    return _change(history, dice, email=f"new.{dice.getrandbits(32):08x}@contoso.example")


@event
def a_field_changes(history: History, dice: Random) -> bool:
    return _change(history, dice, **{dice.choice(FIELDS): dice.choice(WORDS)})


@event
def a_member_becomes_a_guest(history: History, dice: Random) -> bool:
    return _change(history, dice, guest=True)


@event
def a_guest_becomes_a_member(history: History, dice: Random) -> bool:
    guests = [record for record in history.directory.there() if record.guest]
    if guests:
        history.directory.put(msgspec.structs.replace(dice.choice(guests), guest=False))
    return bool(guests)


@event
def a_record_is_garbled(history: History, dice: Random) -> bool:
    record = _somebody(history, dice)
    if record is not None:
        history.directory.garble(record.source_id)
    return record is not None


@event
def somebody_who_was_removed_comes_back_garbled(history: History, dice: Random) -> bool:
    gone = history.directory.removed()
    if gone:
        history.directory.garble(dice.choice(gone))
    return bool(gone)


@event
def somebody_garbled_is_removed(history: History, dice: Random) -> bool:
    known = history.picture.known
    garbled = [
        record.source_id
        for record in history.directory.there()
        if record.source_id in known and known[record.source_id].unreadable
    ]
    if garbled:
        history.directory.remove(dice.choice(garbled), permanent=dice.random() < 0.5)
    return bool(garbled)


@event
def garbled_records_are_mended(history: History, dice: Random) -> bool:
    garbled = [each for each, known in history.picture.known.items() if known.unreadable]
    there = {record.source_id for record in history.directory.there()}
    mended = [each for each in garbled if each in there]
    for each in mended:
        history.directory.restore(each)
    return bool(mended)
