"""Who becomes, stays, changes, leaves, returns: the plan of the users stage.

    people + world ──► plan_users ──► UserPlan

A person is judged for themself; what they share with others (hand-made extensions to link, the
numbers of the range) is given out last and in a fixed order, so that a preview and the run after
it give the same numbers.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from rollcall.core.eligibility import entry_refusal, leave_reason
from rollcall.core.numbering import free_numbers
from rollcall.core.people import Person, is_due
from rollcall.core.plan import (
    AnyChange,
    Block,
    Change,
    Create,
    ExtensionState,
    Fields,
    KnownExtension,
    Link,
    LocalExtension,
    RefusalReason,
    Refused,
    Release,
    Return,
    UserPlan,
    World,
    compare_profiles,
    shown_name,
    to_profile,
)
from rollcall.core.policy import LinkPolicy, UserPolicy
from rollcall.core.records import Removal, SourceId, Unreadable, UserRecord


def plan_users(
    people: Iterable[Person], *, world: World, policy: UserPolicy, now: datetime
) -> UserPlan:
    """Return the plan for `people`, whatever order they come in."""
    ordered = sorted(people, key=lambda person: person.sort_key)
    draft = _Draft(policy=policy, world=world, now=now)
    for person in ordered:
        draft.judge(person)
    draft.settle_entrants()
    draft.give_numbers()
    return UserPlan(
        changes=tuple(draft.changes),
        refused=tuple(_new_refusals(draft.refused, ordered)),
        cleared=tuple(_ended_refusals(draft.refused, ordered)),
        added=tuple(each.record for each in ordered if each.record and each.known is None),
        remember=tuple(
            each.record for each in ordered if each.record and each.known and each.is_news
        ),
        removals=tuple(_removals(ordered)),
        unreadable=tuple(_unreadable(ordered)),
    )


def wants_numbers(people: Iterable[Person]) -> bool:
    """Tell whether planning `people` may give out numbers, so that the taken ones are needed."""
    return any(
        person.record is not None
        and (person.extension is None or person.extension.state is ExtensionState.RELEASED)
        for person in people
    )


class _Draft:
    """A plan in the making: it lives only as long as `plan_users` runs."""

    def __init__(self, *, policy: UserPolicy, world: World, now: datetime) -> None:
        self.policy = policy
        self.world = world
        self.now = now
        self.changes: list[AnyChange] = []
        self.refused: dict[SourceId, Refused] = {}
        self._entrants: list[UserRecord] = []
        self._returners: list[tuple[Person, KnownExtension]] = []
        self._newcomers: list[UserRecord] = []
        self._freed: set[int] = set()

    # each person for themself

    def judge(self, person: Person) -> None:
        """Decide on one person, as far as nobody else has a part in it."""
        if person.extension is not None:
            self._judge_known(person, person.extension)
        elif person.record is not None:
            refusal = entry_refusal(person.record, self.policy)
            if refusal is None:
                self._entrants.append(person.record)
            else:
                self.refused[person.source_id] = refusal
        elif person.unreadable is not None:
            self._refuse(person.source_id, RefusalReason.UNREADABLE, person.unreadable.why)

    def _judge_known(self, person: Person, extension: KnownExtension) -> None:
        reason = leave_reason(person.record, self.policy)
        if reason is not None:
            self._judge_leaver(person, extension, reason)
        elif extension.state is ExtensionState.RELEASED:
            self._returners.append((person, extension))
        elif extension.deleted:
            self._act(Return, person, extension, "deleted-by-hand")
        elif extension.state is ExtensionState.BLOCKED:
            self._act(Return, person, extension, "back")
        else:
            self._follow(person, extension)

    def _judge_leaver(self, person: Person, extension: KnownExtension, reason: str) -> None:
        if extension.state is ExtensionState.RELEASED:
            self._follow(person, extension)
        elif extension.deleted:
            self._release(person, extension, "deleted-by-hand")
        elif self.policy.leavers.keep:
            self._keep_working(person, extension)
        elif extension.state is ExtensionState.ACTIVE:
            self._let_go(person, extension, reason)
        elif is_due(extension, self.policy, self.now):
            self._release(person, extension, f"after {self.policy.leavers.release_days} days")
        else:
            self._follow(person, extension)

    def _keep_working(self, person: Person, extension: KnownExtension) -> None:
        if extension.state is ExtensionState.BLOCKED:
            self._act(Return, person, extension, "keep-working")
        else:
            self._follow(person, extension)

    def _let_go(self, person: Person, extension: KnownExtension, reason: str) -> None:
        if self.policy.leavers.release_days == 0:
            self._release(person, extension, reason)
        else:
            self._act(Block, person, extension, reason)

    def _follow(self, person: Person, extension: KnownExtension) -> None:
        if _changed_fields(person):
            self._act(Change, person, extension, "directory")

    def _release(self, person: Person, extension: KnownExtension, reason: str) -> None:
        self._freed.add(extension.number)
        self._act(Release, person, extension, reason)

    def _act(
        self,
        kind: type[Change | Block | Release | Return],
        person: Person,
        extension: KnownExtension,
        reason: str,
        number: int | None = None,
    ) -> None:
        named = person.record or person.before
        self.changes.append(
            kind(
                source_id=person.source_id,
                name=shown_name(named) if named else person.source_id,
                number=number or extension.number,
                reason=reason,
                extension_id=extension.extension_id,
                version=extension.version,
                working=extension.working,
                profile=to_profile(person.record) if person.record else None,
                fields=_changed_fields(person),
            )
        )

    def _refuse(self, source_id: SourceId, reason: RefusalReason, detail: str) -> None:
        self.refused[source_id] = Refused(source_id=source_id, reason=reason, detail=detail)

    # hand-made extensions with the same mail address

    def settle_entrants(self) -> None:
        """Decide which new person takes over an extension made by hand, and which one waits."""
        locals_ = {local.extension_id: local for local in self.world.locals}
        proposals = _proposals(self.world)
        claims = Counter(
            _mail_key(record) for record in self._entrants if not self._is_decided(record)
        )
        for record in self._entrants:
            key = _mail_key(record)
            if self._is_decided(record):
                chosen = self.world.decisions[record.source_id].extension_id
                self._link_or_number(record, locals_.get(chosen or 0), "decided")
            elif key not in proposals or self.policy.link is LinkPolicy.NEVER:
                self._newcomers.append(record)
            elif self.policy.link is LinkPolicy.LINK and claims[key] == 1:
                self._link_or_number(record, proposals[key], "same-mail")
            else:
                self._wait_for_link(record, proposals[key], claims[key] - 1)

    def _is_decided(self, record: UserRecord) -> bool:
        return record.source_id in self.world.decisions

    def _link_or_number(
        self, record: UserRecord, local: LocalExtension | None, reason: str
    ) -> None:
        if local is None:
            self._newcomers.append(record)
            return
        profile = to_profile(record)
        self.changes.append(
            Link(
                source_id=record.source_id,
                name=shown_name(record),
                number=local.number,
                reason=reason,
                extension_id=local.extension_id,
                version=local.version,
                working=True,
                profile=profile,
                fields=compare_profiles(local.profile, profile),
            )
        )

    def _wait_for_link(self, record: UserRecord, local: LocalExtension, rivals: int) -> None:
        others = f" (and of {rivals} more)" if rivals else ""
        self._refuse(
            record.source_id,
            RefusalReason.LINK_PENDING,
            f"Extension {local.number} has the mail address of this person{others}: "
            "link them, or separate them.",
        )

    # the numbers of the range

    def give_numbers(self) -> None:
        """Give what is somebody's own or kept for them, then the lowest free ones to the rest."""
        linked = {change.source_id for change in self.changes if isinstance(change, Link)}
        done_with = {number for each, number in self.world.assigned.items() if each in linked}
        taken = {*(self.world.taken - self._freed), *(self.world.kept - done_with)}
        homeless = list(self._bring_home(taken))
        newcomers = list(self._give_assigned())
        free = free_numbers(self.policy.scope, taken=taken, reserved=self.policy.reserved)
        for person, extension in homeless:
            if number := self._next_number(free, person.source_id):
                self._act(Return, person, extension, "back", number)
            else:
                self._follow(person, extension)
        for record in newcomers:
            if number := self._next_number(free, record.source_id):
                self._create(record, number, "new")

    def _bring_home(self, taken: set[int]) -> Iterator[tuple[Person, KnownExtension]]:
        for person, extension in self._returners:
            kept = self._kept_number(person.source_id)
            own = extension.number
            if kept is not None:
                self._act(Return, person, extension, "assigned", kept)
            elif own in taken or own in self.policy.reserved:
                yield person, extension
            else:
                taken.add(own)
                self._act(Return, person, extension, "back")

    def _give_assigned(self) -> Iterator[UserRecord]:
        for record in self._newcomers:
            number = self._kept_number(record.source_id)
            if number is None:
                yield record
            else:
                self._create(record, number, "assigned")

    def _kept_number(self, source_id: SourceId) -> int | None:
        """Return the number that an import keeps for somebody, if it can be given."""
        number = self.world.assigned.get(source_id)
        if number in self.world.taken - self._freed or number in self.policy.reserved:
            return None
        return number

    def _next_number(self, free: Iterator[int], source_id: SourceId) -> int | None:
        number = next(free, None)
        if number is None:
            detail = f"No number of the range {self.policy.scope} is free."
            self._refuse(source_id, RefusalReason.RANGE_FULL, detail)
        return number

    def _create(self, record: UserRecord, number: int, reason: str) -> None:
        self.changes.append(
            Create(
                source_id=record.source_id,
                name=shown_name(record),
                number=number,
                reason=reason,
                profile=to_profile(record),
            )
        )


def _changed_fields(person: Person) -> Fields:
    if person.record is None or person.before is None or person.record is person.before:
        return {}
    return compare_profiles(to_profile(person.before), to_profile(person.record))


def _mail_key(record: UserRecord) -> str:
    return record.email.casefold()


def _proposals(world: World) -> Mapping[str, LocalExtension]:
    """Return, by mail address, the hand-made extensions that can be proposed to somebody."""
    decided = {decision.extension_id for decision in world.decisions.values()}
    free = [local for local in world.locals if local.extension_id not in decided]
    keys = Counter(local.profile.email.casefold() for local in free)
    return {
        key: local for local in free if (key := local.profile.email.casefold()) and keys[key] == 1
    }


def _new_refusals(refused: Mapping[SourceId, Refused], people: Iterable[Person]) -> list[Refused]:
    standing = {
        person.source_id: (person.known.refusal, person.known.detail)
        for person in people
        if person.known is not None
    }
    return [
        refusal
        for source_id, refusal in refused.items()
        if standing.get(source_id) != (refusal.reason, refusal.detail)
    ]


def _ended_refusals(
    refused: Mapping[SourceId, Refused], people: Iterable[Person]
) -> Iterator[SourceId]:
    for person in people:
        if person.known and person.known.refusal and person.source_id not in refused:
            yield person.source_id


def _removals(people: Iterable[Person]) -> Iterator[Removal]:
    for person in people:
        if person.removal is not None and person.known is not None and not person.known.gone:
            yield person.removal


def _unreadable(people: Iterable[Person]) -> Iterator[Unreadable]:
    for person in people:
        before = person.known.unreadable if person.known else ""
        if person.unreadable is not None and person.unreadable.why != before:
            yield person.unreadable
