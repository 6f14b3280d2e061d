"""A store keeps a held plan as it is, and carries out exactly that, or nothing."""

from rollcall.core.contacts import BookPlan, Doubt, Shrunk
from rollcall.core.guards import Hold
from rollcall.core.plan import Block, Profile, RefusalReason, Refused, Release, UserPlan
from rollcall.core.policy import Stage
from rollcall.core.records import ContactId, Cursor
from rollcall.core.report import RunReport, RunState, StageReport
from tests.contract.books import Library, contact
from tests.contract.desk import CURSOR, POLICY, SHAPE, START, Desk, create, person

ANNA, BOB, CLEO = person("anna"), person("bob"), person("cleo")
LATER = Cursor(value="cursor-2", shape=SHAPE)
HELD = RunReport(
    state=RunState.HELD,
    stages=(StageReport(stage=Stage.USERS, hold=Hold(removals=2, active=2, sentence="Two.")),),
)


def _hold(desk: Desk, plan: UserPlan) -> int:
    """Hold a plan in a run of its own, and return the run."""
    with desk.pbx.open_run(now=desk.clock()) as run:
        run.do(run.store.hold_users(plan, cursor=LATER, policy=POLICY))
        run.finish(HELD, plan, now=desk.clock())
        return run.run_id


def _leave(desk: Desk) -> UserPlan:
    """Let Anna and Bob in, and plan that both leave and Cleo comes."""
    desk.seat((ANNA, 2000), (BOB, 2001))
    return UserPlan(
        added=(CLEO,),
        changes=(desk.act(Block, "anna"), desk.act(Release, "bob"), create(CLEO, 2001)),
        refused=(Refused(BOB.source_id, RefusalReason.GUEST, "a guest"),),
    )


def test_holding_changes_nothing_and_leaves_the_cursor(desk: Desk) -> None:
    plan = _leave(desk)
    before = desk.pbx.contents()
    _hold(desk, plan)

    assert desk.pbx.contents() == before
    assert desk.ask(lambda store: store.users_memory()).cursor == CURSOR


def test_holding_forgets_the_reading(desk: Desk) -> None:
    plan = _leave(desk)
    desk.ask(
        lambda store: store.begin_reading(since=None, shape=SHAPE, complete=True, now=desk.clock())
    )
    _hold(desk, plan)

    assert desk.ask(lambda store: store.open_reading()) is None


def test_an_approved_plan_is_done_whole_and_moves_its_cursor(desk: Desk) -> None:
    run_id = _hold(desk, _leave(desk))
    desk.clock.forward(hours=5)

    assert desk.pbx.approve(run_id, policy=POLICY, now=desk.clock()) is RunState.APPLIED

    seats = desk.pbx.seats()
    assert [seats[name].state for name in ("anna", "bob", "cleo")] == [
        "blocked",
        "released",
        "active",
    ]
    assert seats["cleo"].number == 2001
    assert seats["anna"].blocked_at == desk.clock()
    assert desk.pbx.refusals() == {"bob": "guest"}
    assert desk.ask(lambda store: store.users_memory()).cursor == LATER


def test_an_approved_plan_cannot_be_approved_again(desk: Desk) -> None:
    run_id = _hold(desk, _leave(desk))
    desk.pbx.approve(run_id, policy=POLICY, now=desk.clock())
    before = desk.pbx.contents()

    assert desk.pbx.approve(run_id, policy=POLICY, now=desk.clock()) is RunState.SUPERSEDED
    assert desk.pbx.contents() == before


def test_a_plan_that_a_hand_has_overtaken_is_not_done_at_all(desk: Desk) -> None:
    run_id = _hold(desk, _leave(desk))
    desk.pbx.change_number(2000, 2009)
    before = desk.pbx.contents()

    assert desk.pbx.approve(run_id, policy=POLICY, now=desk.clock()) is RunState.SUPERSEDED
    assert desk.pbx.contents() == before


def test_a_plan_whose_number_was_taken_by_hand_is_not_done_at_all(desk: Desk) -> None:
    desk.seat((ANNA, 2000))
    plan = UserPlan(added=(CLEO,), changes=(desk.act(Block, "anna"), create(CLEO, 2001)))
    run_id = _hold(desk, plan)
    desk.pbx.add_local(2001, Profile(display_name="By hand"))
    before = desk.pbx.contents()

    assert desk.pbx.approve(run_id, policy=POLICY, now=desk.clock()) is RunState.SUPERSEDED
    assert desk.pbx.contents() == before


def test_a_hand_elsewhere_does_not_overtake_a_plan(desk: Desk) -> None:
    desk.seat((ANNA, 2000), (BOB, 2001))
    run_id = _hold(desk, UserPlan(changes=(desk.act(Block, "anna"),)))
    desk.pbx.change_number(2001, 2009)

    assert desk.pbx.approve(run_id, policy=POLICY, now=desk.clock()) is RunState.APPLIED
    assert desk.pbx.seats()["anna"].state == "blocked"


def test_a_plan_for_another_policy_is_not_done_at_all(desk: Desk) -> None:
    run_id = _hold(desk, _leave(desk))
    before = desk.pbx.contents()

    assert desk.pbx.approve(run_id, policy=b"new", now=desk.clock()) is RunState.SUPERSEDED
    assert desk.pbx.contents() == before


def test_a_newer_run_supersedes_what_is_held(desk: Desk) -> None:
    run_id = _hold(desk, _leave(desk))
    desk.apply(UserPlan())
    before = desk.pbx.contents()

    assert desk.pbx.approve(run_id, policy=POLICY, now=desk.clock()) is RunState.SUPERSEDED
    assert desk.pbx.contents() == before


def test_a_newer_hold_supersedes_the_older_one(desk: Desk) -> None:
    plan = _leave(desk)
    older, newer = _hold(desk, plan), _hold(desk, plan)

    assert desk.pbx.approve(older, policy=POLICY, now=desk.clock()) is RunState.SUPERSEDED
    assert desk.pbx.approve(newer, policy=POLICY, now=desk.clock()) is RunState.APPLIED


def test_what_was_discarded_cannot_be_approved(desk: Desk) -> None:
    run_id = _hold(desk, _leave(desk))
    desk.pbx.discard(run_id)
    before = desk.pbx.contents()
    desk.pbx.approve(run_id, policy=POLICY, now=desk.clock())

    assert desk.pbx.contents() == before


def test_doubted_books_are_carried_out_on_approval(desk: Desk) -> None:
    library = Library(desk)
    (book_id,) = library.company("shared")
    library.fill(book_id, contact("c1"), contact("c2"))
    plan = BookPlan(book_id=book_id, gone=(ContactId("c1"), ContactId("c2")))
    shrunk = Shrunk(plan=plan, known=2, lost=2, doubt=Doubt(since=START, digest=b"d" * 16))
    with desk.pbx.open_run(now=desk.clock()) as run:
        hold = run.store.hold_books(Stage.COMPANY_CONTACTS, [shrunk], shape=SHAPE, now=desk.clock())
        run.do(hold)
        run.finish(HELD, UserPlan(), now=desk.clock())
    assert library.count(book_id) == 2

    assert desk.pbx.approve(run.run_id, policy=POLICY, now=desk.clock()) is RunState.APPLIED

    assert library.count(book_id) == 0
