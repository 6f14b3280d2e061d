"""A store remembers the last word on every object, and binds lines of lists to objects."""

import pytest

from rollcall.core.plan import UserPlan
from rollcall.core.policy import ListLine
from rollcall.core.records import Removal, SourceId, Unreadable, fingerprint
from tests.contract.desk import Desk, person

ANNA = person("anna", aliases=("a.weber@contoso.example", "weber@contoso.example"))
BOB = person("bob", email="Bob.Ö@contoso.example")
NOBODY = SourceId("nobody")


@pytest.fixture(autouse=True)
def people(desk: Desk) -> None:
    """Anna and Bob are known."""
    desk.apply(UserPlan(added=(ANNA, BOB)))


def _remove(desk: Desk, *, permanent: bool) -> None:
    desk.apply(UserPlan(removals=(Removal(ANNA.source_id, permanent=permanent),)))


def _garble(desk: Desk, source_id: SourceId) -> None:
    desk.apply(UserPlan(unreadable=(Unreadable(source_id, why="nonsense"),)))


@pytest.mark.parametrize("permanent", [True, False])
def test_a_removed_object_keeps_its_record(desk: Desk, *, permanent: bool) -> None:
    _remove(desk, permanent=permanent)

    known = desk.known()[ANNA.source_id]

    assert known.removed
    assert known.fingerprint == fingerprint(ANNA)
    assert desk.ask(lambda store: store.records(None)) == {"anna": ANNA, "bob": BOB}


def test_removing_an_object_that_was_never_known_changes_nothing(desk: Desk) -> None:
    before = desk.pbx.contents()
    desk.apply(UserPlan(removals=(Removal(NOBODY, permanent=True),)))

    assert desk.pbx.contents() == before


def test_a_restored_object_is_not_removed_any_more(desk: Desk) -> None:
    _remove(desk, permanent=False)
    desk.apply(UserPlan(remember=(ANNA,)))

    assert not desk.known()[ANNA.source_id].removed


def test_an_unreadable_answer_leaves_the_record_in_force(desk: Desk) -> None:
    _garble(desk, ANNA.source_id)

    known = desk.known()[ANNA.source_id]

    assert (known.unreadable, known.fingerprint) == ("nonsense", fingerprint(ANNA))
    assert desk.ask(lambda store: store.unreadable_ids()) == ["anna"]
    assert desk.ask(lambda store: store.records([ANNA.source_id])) == {"anna": ANNA}


def test_an_object_that_was_never_readable_is_known_without_a_record(desk: Desk) -> None:
    _garble(desk, NOBODY)

    known = desk.known()[NOBODY]

    assert (known.unreadable, known.fingerprint) == ("nonsense", b"")
    assert desk.ask(lambda store: store.records([NOBODY])) == {}
    assert desk.ask(lambda store: store.records_like(["nobody"])) == []


def test_a_readable_answer_ends_the_trouble(desk: Desk) -> None:
    _garble(desk, ANNA.source_id)
    desk.apply(UserPlan(remember=(ANNA,)))

    assert desk.known()[ANNA.source_id].unreadable == ""
    assert desk.ask(lambda store: store.unreadable_ids()) == []


def test_a_removal_ends_the_trouble(desk: Desk) -> None:
    _garble(desk, ANNA.source_id)
    _remove(desk, permanent=True)

    assert desk.ask(lambda store: store.unreadable_ids()) == []


def test_records_come_back_as_they_were(desk: Desk) -> None:
    full = person(
        "zoë",
        first_name="Zoë “Z”",
        aliases=("z@contoso.example",),
        fax="+49 30 1",
        employee_id="0042",
        language="pt-PT",
        country="PT",
        enabled=False,
        guest=True,
        licensed=True,
    )
    desk.apply(UserPlan(added=(full,)))

    assert desk.ask(lambda store: store.records([full.source_id])) == {full.source_id: full}


@pytest.mark.parametrize(
    "line",
    [
        "anna",
        "ANNA@Login.example",
        "Anna@Contoso.EXAMPLE",
        "weber@contoso.example",
        "A.Weber@contoso.example",
    ],
)
def test_a_line_finds_records_by_id_principal_name_mail_and_alias(desk: Desk, line: str) -> None:
    assert desk.ask(lambda store: store.records_like([line, "nobody"])) == [ANNA]


def test_case_is_folded_beyond_ascii(desk: Desk) -> None:
    assert desk.ask(lambda store: store.records_like(["bob.ö@contoso.example"])) == [BOB]


def test_a_removed_record_is_not_found_by_a_line(desk: Desk) -> None:
    _remove(desk, permanent=False)

    assert desk.ask(lambda store: store.records_like(["anna"])) == []


def test_an_id_is_found_as_it_is_spelt(desk: Desk) -> None:
    assert desk.ask(lambda store: store.records_like(["ANNA"])) == []


# lists


def test_a_line_is_bound_once_and_for_good(desk: Desk) -> None:
    desk.pbx.set_people((ListLine(line="anna@contoso.example"), ListLine(line="bob")))
    desk.ask(lambda store: store.bind_lines("people", {"bob": BOB.source_id}))
    desk.ask(lambda store: store.bind_lines("people", {"bob": ANNA.source_id}))

    assert desk.pbx.people_list() == (
        ListLine(line="anna@contoso.example"),
        ListLine(line="bob", source_id=BOB.source_id),
    )


def test_binding_a_line_of_another_list_leaves_this_one_alone(desk: Desk) -> None:
    desk.pbx.set_people((ListLine(line="bob"),))
    desk.ask(lambda store: store.bind_lines("mailboxes", {"bob": BOB.source_id}))

    assert desk.pbx.people_list() == (ListLine(line="bob"),)


def test_an_import_line_is_unbound_until_it_means_somebody(desk: Desk) -> None:
    desk.pbx.keep_number("cleo@contoso.example", 2100)
    desk.pbx.keep_number("dora@contoso.example", 2101)
    before = desk.ask(lambda store: store.unbound_numbers())
    found = {"cleo@contoso.example": SourceId("cleo")}
    desk.ask(lambda store: store.bind_lines("numbers", found))

    assert before == {"cleo@contoso.example": 2100, "dora@contoso.example": 2101}
    assert desk.ask(lambda store: store.unbound_numbers()) == {"dora@contoso.example": 2101}
    assert dict(desk.world().assigned) == {"cleo": 2100}


def test_a_second_import_line_for_one_person_stays_unbound(desk: Desk) -> None:
    desk.pbx.keep_number("cleo@contoso.example", 2100)
    desk.pbx.keep_number("cleo@login.example", 2101)
    both = {"cleo@contoso.example": SourceId("cleo"), "cleo@login.example": SourceId("cleo")}
    desk.ask(lambda store: store.bind_lines("numbers", both))

    assert dict(desk.world().assigned) == {"cleo": 2100}
    assert desk.world().kept == {2100, 2101}


def test_a_line_for_somebody_who_has_an_extension_stays_unbound(desk: Desk) -> None:
    cleo, dora = person("cleo"), person("dora")
    desk.seat((cleo, 2000), (dora, 2001))
    desk.release("dora")
    found = {"c@contoso.example": cleo.source_id, "d@contoso.example": dora.source_id}
    for number, line in enumerate(found, start=2100):
        desk.pbx.keep_number(line, number)
    desk.ask(lambda store: store.bind_lines("numbers", found))
    assert desk.world().assigned == {}
    assert desk.world().kept == {2100, 2101}


def test_unbound_lines_come_in_the_order_in_which_they_were_imported(desk: Desk) -> None:
    for line, number in (("z@contoso.example", 2102), ("a@contoso.example", 2101)):
        desk.pbx.keep_number(line, number)
    unbound = desk.ask(lambda store: store.unbound_numbers())
    assert list(unbound.items()) == [("z@contoso.example", 2102), ("a@contoso.example", 2101)]
