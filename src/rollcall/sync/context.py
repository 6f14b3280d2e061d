"""What a run is given: its settings, its two ends, its clock."""

from datetime import datetime

import msgspec

from rollcall.core.numbering import NumberRange
from rollcall.core.policy import (
    Leavers,
    LinkPolicy,
    ListedSelection,
    Names,
    Selection,
    Stage,
    UserPolicy,
)
from rollcall.core.ports import Clock, DirectorySource, Progress, SyncStore


class SyncSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one integration, as a run needs them.

    `country` is ISO 3166-1 alpha-2: where numbers without a country code are dialled.
    """

    country: str
    scope: NumberRange
    reserved: frozenset[int] = frozenset()
    users: bool = True
    people: ListedSelection = ListedSelection()
    guests: bool = False
    names: Names = Names.SKIP
    leavers: Leavers = Leavers()
    link: LinkPolicy = LinkPolicy.ASK
    personal: ListedSelection = ListedSelection()
    mailboxes: ListedSelection = ListedSelection()
    subfolders: bool = True

    def user_policy(self, selection: Selection) -> UserPolicy:
        """Return the policy of the users stage for people resolved to `selection`."""
        return UserPolicy(
            scope=self.scope,
            reserved=self.reserved,
            selection=selection,
            guests=self.guests,
            names=self.names,
            leavers=self.leavers,
            link=self.link,
        )


class RunContext(msgspec.Struct, frozen=True, kw_only=True):
    """One run: what to do, what with. `full` reads everything from the start."""

    settings: SyncSettings
    source: DirectorySource
    store: SyncStore
    clock: Clock
    progress: Progress
    stages: frozenset[Stage]
    dry_run: bool = False
    full: bool = False

    def now(self) -> datetime:
        """Return the present moment."""
        return self.clock()
