"""What a run did, in numbers."""

from tests.unit.core.samples import local, newcomer, plan, policy, record, seat, settled

from rollcall.core.plan import ExtensionState, LinkDecision, World
from rollcall.core.policy import Leavers
from rollcall.core.records import SourceId
from rollcall.core.report import Counts, count_changes


def test_every_kind_of_change_is_counted() -> None:
    decisions = {SourceId("emil"): LinkDecision(3000)}
    made = plan(
        newcomer(record("anna")),
        settled(record("bob", enabled=False), seat(250)),
        settled(record("cleo"), seat(251, ExtensionState.BLOCKED)),
        settled(record("dora", enabled=False), seat(252, deleted=True)),
        newcomer(record("emil")),
        newcomer(record("fred", guest=True)),
        by=policy(leavers=Leavers()),
        world=World(locals=(local(300, "x@contoso.example"),), decisions=decisions),
    )
    counts = count_changes(made, linked_people=10, refused=4)
    assert counts == Counts(
        created=1, linked=1, changed=0, blocked=1, released=1, returned=1, unchanged=7, refused=4
    )
    assert counts.changes == 5


def test_counts_add_up_field_by_field() -> None:
    total = Counts(created=1, refused=2) + Counts(created=3, unchanged=4)
    assert total == Counts(created=4, unchanged=4, refused=2)


def test_unchanged_people_are_never_fewer_than_none() -> None:
    returning = plan(settled(record("anna"), seat(200, ExtensionState.BLOCKED)))
    assert count_changes(returning, linked_people=0, refused=0).unchanged == 0
