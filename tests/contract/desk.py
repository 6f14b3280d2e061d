"""Shorter words for tests of a store: plans by name, and runs that do one thing."""

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar

from rollcall.core.plan import (
    Block,
    Change,
    Create,
    ExtensionState,
    KnownExtension,
    KnownUser,
    Link,
    LocalExtension,
    Profile,
    Release,
    Return,
    UserPlan,
    World,
    to_profile,
)
from rollcall.core.records import Cursor, SourceId, UserRecord
from tests.clocks import FixedClock
from tests.contract.pbx import Pbx
from tests.fakes.store import HoldingStore

T = TypeVar("T")
Ask = Callable[[HoldingStore], Coroutine[Any, Any, T]]

START = datetime(2026, 3, 1, 0, 0, tzinfo=UTC)
SHAPE = "people"
CURSOR = Cursor(value="cursor-1", shape=SHAPE)
POLICY = b"policy"


def person(name: str, **values: Any) -> UserRecord:
    """Return the record of somebody: person("anna", job_title="Buyer")."""
    facts = {
        "display_name": name.title(),
        "first_name": name.title(),
        "principal_name": f"{name}@login.example",
        "email": f"{name}@contoso.example",
        **values,
    }
    return UserRecord(source_id=SourceId(name), **facts)


def create(record: UserRecord, number: int) -> Create:
    """Plan an extension for somebody new."""
    return Create(
        source_id=record.source_id,
        name=record.display_name,
        number=number,
        reason="new",
        profile=to_profile(record),
    )


class Desk:
    """A PBX, with a clock."""

    def __init__(self, pbx: Pbx) -> None:
        self.pbx = pbx
        self.clock = FixedClock(START)

    def ask(self, question: Ask[T]) -> T:
        """Open a run, do one thing with its store, and return what came of it."""
        with self.pbx.open_run(now=self.clock()) as run:
            return run.do(question(run.store))

    def apply(self, plan: UserPlan, *, cursor: Cursor = CURSOR, policy: bytes = POLICY) -> None:
        """Apply a plan in a run of its own."""
        self.ask(lambda s: s.apply_users(plan, cursor=cursor, policy=policy, now=self.clock()))

    def seat(self, *seats: tuple[UserRecord, int]) -> None:
        """Let people in, each with a number."""
        self.apply(
            UserPlan(
                added=tuple(record for record, _ in seats),
                changes=tuple(create(record, number) for record, number in seats),
            )
        )

    def known(self, *, blocked_before: datetime | None = None) -> dict[SourceId, KnownUser]:
        """Return what is known of everybody."""
        return self.ask(lambda store: store.known_users(None, blocked_before=blocked_before))

    def extension(self, name: str) -> KnownExtension:
        """Return somebody's extension."""
        extension = self.known()[SourceId(name)].extension
        assert extension is not None
        return extension

    def world(self) -> World:
        """Return the rest of the PBX."""
        return self.ask(lambda store: store.world(numbers=True))

    def local(self, number: int) -> LocalExtension:
        """Return the hand-made extension with this number."""
        (found,) = [each for each in self.world().locals if each.number == number]
        return found

    def act(
        self,
        kind: type[Change | Block | Release | Return],
        name: str,
        *,
        number: int | None = None,
        profile: Profile | None = None,
    ) -> Change | Block | Release | Return:
        """Plan a change of somebody's extension as it is now."""
        extension = self.extension(name)
        return kind(
            source_id=SourceId(name),
            name=name.title(),
            number=number or extension.number,
            reason="test",
            extension_id=extension.extension_id,
            version=extension.version,
            working=extension.working,
            profile=profile,
        )

    def link(self, record: UserRecord, number: int) -> Link:
        """Plan that a hand-made extension becomes somebody's."""
        local = self.local(number)
        return Link(
            source_id=record.source_id,
            name=record.display_name,
            number=number,
            reason="test",
            extension_id=local.extension_id,
            version=local.version,
            working=True,
            profile=to_profile(record),
        )

    def release(self, name: str) -> None:
        """Release somebody's extension."""
        self.apply(UserPlan(changes=(self.act(Release, name),)))
        assert self.extension(name).state is ExtensionState.RELEASED
