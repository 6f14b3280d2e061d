"""A PBX in memory: what people do to it by hand, and the store that a run is given.

pbx = MemoryPbx()
pbx.add_local(2000, Profile(email="anna@contoso.example"))
store = pbx.open_store(run_id=1)
"""

from datetime import datetime
from typing import Protocol

import msgspec

from rollcall.core.contacts import decode_books
from rollcall.core.errors import OutdatedError
from rollcall.core.plan import ExtensionState, Profile
from rollcall.core.policy import Stage
from rollcall.core.ports import SyncStore
from rollcall.core.records import SourceId
from tests.fakes.books import MemoryContacts, MemoryPhotos, apply_book_plans
from tests.fakes.people import MemoryPeople, apply_plan, find_extension, forget_person
from tests.fakes.session import MemorySession
from tests.fakes.tables import ExtensionRow, HeldUsersRow, NumberRow, Tables


class HoldingStore(SyncStore, Protocol):
    """A store that can also carry out what its run holds."""

    async def apply_held(self, *, policy: bytes, now: datetime) -> None:
        """Do exactly what the run holds; raise OutdatedError if it does not fit any more."""


class MemoryStore(MemoryPeople, MemoryPhotos, MemoryContacts):
    """One tenant's part of the PBX in memory, open for one run."""

    def __init__(self, session: MemorySession) -> None:
        super().__init__(session)

    async def apply_held(self, *, policy: bytes, now: datetime) -> None:
        """Do exactly what the run of this session holds."""
        run_id = self._session.run_id
        with self._session.write() as rows:
            if not (plans_held := rows.held.pop(run_id, {})):
                raise OutdatedError("What was held is gone: the integration was reset.")
            for held in plans_held.values():
                if isinstance(held, HeldUsersRow):
                    if held.policy != policy:
                        raise OutdatedError("The settings have changed since the plan was made.")
                    apply_plan(rows, held, run_id, now)
                else:
                    plans = decode_books(held.plans)
                    apply_book_plans(rows, plans, shape=held.shape, now=now)


class MemoryPbx:
    """One tenant's PBX in memory."""

    def __init__(self) -> None:
        self.rows = Tables()

    def open_store(self, run_id: int) -> MemoryStore:
        """Return the store of run `run_id`; earlier runs can write no more."""
        self.rows.fence += 1
        return MemoryStore(MemorySession(self.rows, run_id))

    # by hand

    def add_local(self, number: int, profile: Profile) -> None:
        """Add a hand-made extension."""
        if any(row.number == number for row in self._living()):
            raise ValueError(f"{number} is taken")
        row = ExtensionRow(id=self.rows.new_id(), number=number, profile=profile)
        self.rows.extensions[row.id] = row

    def change_number(self, number: int, new_number: int) -> None:
        """Give an extension another number."""
        if any(row.number == new_number for row in self._living()):
            raise ValueError(f"{new_number} is taken")
        self._change(self._find(number), number=new_number)

    def delete_extension(self, number: int, *, now: datetime) -> None:
        """Delete an extension: a hand-made one for good, a leaver's number goes back."""
        row = self._find(number)
        if row.object_id is None:
            del self.rows.extensions[row.id]
            self.rows.decisions = {
                source_id: extension_id
                for source_id, extension_id in self.rows.decisions.items()
                if extension_id != row.id
            }
        elif row.state is ExtensionState.BLOCKED:
            self._change(row, state=ExtensionState.RELEASED)
            forget_person(self.rows, row.id)
        else:
            self._change(row, deleted_at=now)

    def link_person(self, object_id: str, number: int) -> None:
        """Let the next run link the hand-made extension `number` to a person."""
        extension_id = self._find(number).id
        decisions = self.rows.decisions
        for other in [each for each, chosen in decisions.items() if chosen == extension_id]:
            del decisions[other]
        decisions[SourceId(object_id)] = extension_id

    def separate_person(self, object_id: str) -> None:
        """Let a person have an extension of their own; the linked one stays as a hand-made one.

        One that was deleted by hand goes for good.
        """
        row = find_extension(self.rows, SourceId(object_id))
        if row is not None and row.deleted_at is not None:
            del self.rows.extensions[row.id]
        elif row is not None and row.state is not ExtensionState.RELEASED:
            self._change(
                row,
                object_id=None,
                state=ExtensionState.ACTIVE,
                blocked_at=None,
                profile=msgspec.structs.replace(row.profile, principal_name=""),
            )
        self.rows.decisions[SourceId(object_id)] = None

    def keep_number(self, line: str, number: int, object_id: str | None = None) -> None:
        """Keep a number for whom `line` means; an object id says who that is already."""
        self.rows.numbers = {
            other: row
            for other, row in self.rows.numbers.items()
            if other != line
            and row.number != number
            and (object_id is None or row.object_id != object_id)
        }
        bound = SourceId(object_id) if object_id else None
        self.rows.numbers[line] = NumberRow(number, bound)

    def _living(self) -> list[ExtensionRow]:
        return [
            row for row in self.rows.extensions.values() if row.state is not ExtensionState.RELEASED
        ]

    def _find(self, number: int) -> ExtensionRow:
        for row in self._living():
            if row.number == number and row.deleted_at is None:
                return row
        raise ValueError(f"there is no extension {number}")

    def _change(self, row: ExtensionRow, **values: object) -> None:
        changed = msgspec.structs.replace(row, version=row.version + 1, **values)
        self.rows.extensions[row.id] = changed


def held_stages(pbx: MemoryPbx, run_id: int) -> set[Stage]:
    """Return the stages of which a run holds something."""
    return {Stage(each) for each in pbx.rows.held.get(run_id, {})}
