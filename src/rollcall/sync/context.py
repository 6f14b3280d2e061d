"""What a run is given: its settings, its two ends, its clock."""

from collections.abc import Mapping
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
from rollcall.core.records import SourceId


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
    """One run: what to do, what with. `full` reads everything from the start.

    `bound` collects the lines of lists that a preview takes for objects, because it binds none.
    `began_at` is when it began, or the first of the runs that it goes on with; what those have
    committed is not read again where it `goes_on`. `photos_until` is the last person whose photo
    was looked at.
    """

    settings: SyncSettings
    source: DirectorySource
    store: SyncStore
    clock: Clock
    progress: Progress
    stages: frozenset[Stage]
    dry_run: bool = False
    full: bool = False
    bound: dict[str, Mapping[str, SourceId]] = msgspec.field(default_factory=dict)
    began_at: datetime | None = None
    goes_on: bool = False
    photos_until: str = ""

    def was_done(self, moment: datetime | None) -> bool:
        """Tell whether what was done at `moment` was done by a run that this one goes on with."""
        if not self.goes_on or self.began_at is None or moment is None:
            return False
        return moment >= self.began_at

    def now(self) -> datetime:
        """Return the present moment."""
        return self.clock()
