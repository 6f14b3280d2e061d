"""Whom a run has to plan, and what it knows of them.

    sightings + memory ──► people_to_plan ──► ids
    ids + records      ──► gather_people  ──► people

Only people about whom something may have changed are planned; an unchanged night plans nobody.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from rollcall.core.plan import WAITING, ExtensionState, KnownExtension, KnownUser
from rollcall.core.policy import UserPolicy
from rollcall.core.records import (
    Removal,
    Sighting,
    SourceId,
    Unreadable,
    UserRecord,
    fingerprint,
)


class Person(msgspec.Struct, frozen=True, gc=False):
    """One directory object as the planner sees it.

    `record` is the last word of the directory, None when it removed the object; `before` is what
    was remembered until now. `removal` and `unreadable` are what there is instead of a new record:
    said by this reading, implied by its being complete, or (unreadable) still so from before.
    """

    source_id: SourceId
    record: UserRecord | None
    before: UserRecord | None
    known: KnownUser | None
    removal: Removal | None = None
    unreadable: Unreadable | None = None

    @property
    def extension(self) -> KnownExtension | None:
        """The linked PBX row, if there is one."""
        return self.known.extension if self.known else None

    @property
    def sort_key(self) -> tuple[str, str]:
        """The order of all that is given out."""
        record = self.record or self.before
        return record.sort_key if record else ("", self.source_id)

    @property
    def is_news(self) -> bool:
        """Whether the record is another one than is remembered."""
        if self.record is None or self.known is None or self.unreadable is not None:
            return False
        return differs(self.record, self.known)


def people_to_plan(
    sightings: Mapping[SourceId, Sighting],
    known: Mapping[SourceId, KnownUser],
    *,
    complete: bool,
    replan: bool,
    policy: UserPolicy,
    now: datetime,
) -> set[SourceId]:
    """Return the ids about which something may have to be done.

    With `replan` (the policy changed) that is everybody. In a complete reading the absent are
    among them; people who wait for the PBX always are.
    """
    if replan:
        return {*known, *sightings}
    ids = {
        source_id
        for source_id, sighting in sightings.items()
        if _says_something_new(sighting, known.get(source_id))
    }
    ids.update(
        source_id
        for source_id, user in known.items()
        if _is_waiting(user, policy, now)
        or (complete and not user.gone and source_id not in sightings)
    )
    return ids


def differs(record: UserRecord, known: KnownUser) -> bool:
    """Tell whether `record` is news to what is known."""
    return known.removed or bool(known.unreadable) or fingerprint(record) != known.fingerprint


def is_due(extension: KnownExtension, policy: UserPolicy, now: datetime) -> bool:
    """Tell whether a blocked extension's number goes back to the range now."""
    days = policy.leavers.release_days
    return (
        days is not None
        and extension.state is ExtensionState.BLOCKED
        and extension.blocked_at is not None
        and extension.blocked_at + timedelta(days=days) <= now
    )


def gather_people(
    ids: Iterable[SourceId],
    *,
    sightings: Mapping[SourceId, Sighting],
    known: Mapping[SourceId, KnownUser],
    stored: Mapping[SourceId, UserRecord],
    complete: bool,
) -> list[Person]:
    """Put together what was read, what is stored and what is known of each of `ids`."""
    return [
        _gather_person(
            source_id,
            sighting=sightings.get(source_id),
            known=known.get(source_id),
            before=stored.get(source_id),
            complete=complete,
        )
        for source_id in ids
    ]


def _gather_person(
    source_id: SourceId,
    *,
    sighting: Sighting | None,
    known: KnownUser | None,
    before: UserRecord | None,
    complete: bool,
) -> Person:
    if sighting is None and complete:
        sighting = Removal(source_id=source_id, permanent=True)
    elif sighting is None and known is not None and known.unreadable:
        sighting = Unreadable(source_id=source_id, why=known.unreadable)
    return Person(
        source_id=source_id,
        record=_last_word(sighting, known=known, before=before),
        before=before,
        known=known,
        removal=sighting if isinstance(sighting, Removal) else None,
        unreadable=sighting if isinstance(sighting, Unreadable) else None,
    )


def _last_word(
    sighting: Sighting | None, *, known: KnownUser | None, before: UserRecord | None
) -> UserRecord | None:
    match sighting:
        case UserRecord():
            return sighting
        case Removal():
            return None
        case Unreadable() | None:
            return None if known is not None and known.removed else before


def _says_something_new(sighting: Sighting, known: KnownUser | None) -> bool:
    match sighting:
        case UserRecord():
            return known is None or differs(sighting, known)
        case Removal():
            return known is not None and not known.gone
        case Unreadable(why=why):
            return known is None or known.unreadable != why


def _is_waiting(user: KnownUser, policy: UserPolicy, now: datetime) -> bool:
    extension = user.extension
    if extension is None:
        undecided = user.refusal is None and not user.gone
        return undecided or user.refusal in WAITING
    waits_for_number = user.refusal in WAITING
    return waits_for_number or extension.deleted or is_due(extension, policy, now)
