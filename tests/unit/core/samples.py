"""People, policies and plans for tests of the core, with as few words as possible."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from rollcall.core.numbering import NumberRange
from rollcall.core.people import Person, gather_people
from rollcall.core.plan import (
    ExtensionState,
    KnownExtension,
    KnownUser,
    LocalExtension,
    Profile,
    UserPlan,
    World,
)
from rollcall.core.policy import UserPolicy
from rollcall.core.records import Sighting, SourceId, UserRecord, fingerprint
from rollcall.core.users import plan_users

NOW = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
POLICY = UserPolicy(scope=NumberRange(200, 204))


def record(name: str, **values: Any) -> UserRecord:
    """Return the record of NAME Weber."""
    given = {
        "source_id": SourceId(name),
        "display_name": f"{name.title()} Weber",
        "first_name": name.title(),
        "last_name": "Weber",
        "principal_name": f"{name}@login.example",
        "email": f"{name}@contoso.example",
    }
    return msgspec.convert({**given, **values, "type": "user"}, UserRecord)


def policy(**values: Any) -> UserPolicy:
    """Return the policy that gives 200–204, with other values."""
    return msgspec.structs.replace(POLICY, **values)


def seat(
    number: int, state: ExtensionState = ExtensionState.ACTIVE, **values: Any
) -> KnownExtension:
    """Return somebody's extension."""
    fixed = KnownExtension(extension_id=number * 10, version=1, number=number, state=state)
    return msgspec.structs.replace(fixed, **values)


def known(one: UserRecord, extension: KnownExtension | None = None, **values: Any) -> KnownUser:
    """Return what is remembered of somebody whose record is `one`."""
    remembered = KnownUser(one.source_id, fingerprint(one), extension=extension)
    return msgspec.structs.replace(remembered, **values)


def local(number: int, email: str) -> LocalExtension:
    """Return an extension made by hand."""
    return LocalExtension(number * 10, 1, number, Profile(display_name="By hand", email=email))


def newcomer(one: UserRecord) -> Person:
    """Return somebody who was never heard of."""
    return Person(source_id=one.source_id, record=one, before=None, known=None)


def settled(one: UserRecord, extension: KnownExtension | None, **values: Any) -> Person:
    """Return somebody about whom there is no news."""
    return Person(
        source_id=one.source_id, record=one, before=one, known=known(one, extension, **values)
    )


def met(
    user: KnownUser, before: UserRecord | None, said: Sighting | None, *, complete: bool = False
) -> Person:
    """Return somebody who is known, after a reading."""
    (person,) = gather_people(
        [user.source_id],
        sightings={} if said is None else {said.source_id: said},
        known={user.source_id: user},
        stored={} if before is None else {user.source_id: before},
        complete=complete,
    )
    return person


def plan(
    *people: Person, by: UserPolicy = POLICY, world: World | None = None, now: datetime = NOW
) -> UserPlan:
    """Plan some people."""
    return plan_users(people, world=world or World(), policy=by, now=now)


def gist(made: UserPlan) -> list[tuple[str, str, int | None]]:
    """Return kind, person and number of each change."""
    return [
        (str(type(each).__struct_config__.tag), each.source_id, each.number)
        for each in made.changes
    ]


def reasons(made: UserPlan) -> dict[str, str]:
    """Return the reasons of new refusals."""
    return {each.source_id: each.reason.value for each in made.refused}


def ids(*names: str) -> Sequence[SourceId]:
    """Return names as ids."""
    return [SourceId(name) for name in names]
