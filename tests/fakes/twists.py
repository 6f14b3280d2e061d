"""Stores that do one thing differently from the store they stand before."""

from datetime import datetime
from typing import Any, cast

from rollcall.core.plan import UserPlan
from rollcall.core.records import Cursor
from tests.fakes.store import HoldingStore


class TwistedStore:
    """Passes everything on to another store, except for what a subclass says itself."""

    def __init__(self, store: HoldingStore) -> None:
        self.store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def whole(self) -> HoldingStore:
        """Return this as the store that it is: what is not here is in `store`."""
        return cast("HoldingStore", self)


class DyingStore(TwistedStore):
    """The process dies when it is about to apply its plan."""

    def __init__(self, store: HoldingStore, death: BaseException) -> None:
        super().__init__(store)
        self._death = death

    async def apply_users(
        self, plan: UserPlan, *, cursor: Cursor, policy: bytes, now: datetime
    ) -> None:
        """Die instead."""
        raise self._death

    async def hold_users(self, plan: UserPlan, *, cursor: Cursor, policy: bytes) -> None:
        """Die instead."""
        raise self._death
