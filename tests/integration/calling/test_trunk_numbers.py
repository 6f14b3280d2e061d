"""Numbers of a trunk: pasted, listed, assigned, proposed, removed."""

import psycopg
import pytest

from rollcall.calling.number_lines import NumberLine, parse_lines
from rollcall.calling.number_operations import (
    add_numbers,
    assign_number,
    assign_proposed,
    remove_numbers,
)
from rollcall.calling.trunk_numbers import (
    NumbersWanted,
    count_numbers,
    list_numbers,
    numbers_of,
    propose_numbers,
)
from rollcall.core.errors import SetupError
from rollcall.telephony.models import Extension
from rollcall.telephony.operations import delete_extension, edit_extension
from rollcall.tenants.key_pages import Place
from rollcall.tenants.queries import TenantView
from rollcall.web.scope import tenant_scope
from tests.clocks import FixedClock
from tests.integration.calling.conftest import MakeTenant, extension_id

FIRST = 49301234560


def parse(*lines: str) -> list[tuple[int, int | None]]:
    found = parse_lines(lines, country="DE")
    assert all(isinstance(each, NumberLine) for each in found)
    return [(each.number - FIRST, each.extension) for each in found]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("+49 30 1234560", [(0, None)]),
        ("030 1234561, 2001", [(1, 2001)]),
        ("030/123 45 62;2001", [(2, 2001)]),
        ("030-1234563\t2001", [(3, 2001)]),
        ("004930 1234564,", [(4, None)]),
        ("030 1234565 – 67", [(5, None), (6, None), (7, None)]),
        ("030 1234565–7", [(5, None), (6, None), (7, None)]),
        ("030-1234565 - 66", [(5, None), (6, None)]),
        ("+49 30 1234568 .. +49 30 1234569", [(8, None), (9, None)]),
        ("", []),
    ],
)
def test_numbers_are_read_as_people_write_them(
    line: str, found: list[tuple[int, int | None]]
) -> None:
    assert parse(line) == found


@pytest.mark.parametrize(
    "line",
    [
        "Anna",
        "12",
        "030 1234560, x",
        "030 1234565 – 64",
        "030 1234565 – 66, 2001",
        "030 1234565 – +41 44 1234567",
        "x" * 10_000,
    ],
)
def test_a_line_that_is_no_good_is_named(line: str) -> None:
    with pytest.raises(SetupError) as refused:
        parse("030 1234560", line)
    assert str(refused.value).startswith("Line 2: ")


def test_a_range_is_bounded() -> None:
    with pytest.raises(SetupError) as refused:
        parse("+49 30 10000000 – +49 30 99999999")
    assert refused.value.code == "too-many-numbers"


def test_numbers_ring_extensions_and_are_their_caller_id(
    tenant: TenantView, switch: psycopg.Connection
) -> None:
    with tenant_scope(tenant.id):
        made = add_numbers(tenant.id, ["030 1234560 – 62", "030 1234561, 2001"], actor="test")
    assert (made.added, made.known) == (3, 0)
    with tenant_scope(tenant.id):
        view = assign_number(
            tenant.id, "+49301234560", extension_id=extension_id(tenant, 2000), actor="test"
        )
    assert (view.extension, view.name, view.shown) == ("2000", "Person 2000", True)

    ringing = switch.execute(
        "SELECT alias_username, username FROM dbaliases WHERE domain = %s ORDER BY 1",
        [tenant.sip_domain],
    ).fetchall()
    assert ringing == [("49301234560", "2000"), ("49301234561", "2001")]
    assert count_numbers(tenant.id) == (3, 1)
    with tenant_scope(tenant.id):
        (own,) = numbers_of(tenant.id, extension_id(tenant, 2001))
    assert own.number == "+49301234561"


def test_numbers_added_again_are_known_and_may_get_an_extension(tenant: TenantView) -> None:
    add_numbers(tenant.id, ["030 1234560 – 62"], actor="test")
    again = add_numbers(tenant.id, ["030 1234562 – 63", "030 1234560, 2003"], actor="test")
    assert (again.added, again.known) == (1, 2)
    rows = list_numbers(tenant.id, NumbersWanted()).rows
    assert [(row.number[-2:], row.extension) for row in rows] == [
        ("60", "2003"),
        ("61", None),
        ("62", None),
        ("63", None),
    ]


def test_nothing_is_added_when_a_line_is_no_good(tenant: TenantView) -> None:
    for lines in (["030 1234560", "what"], ["030 1234560, 2999"], [], ["", " "]):
        with pytest.raises(SetupError):
            add_numbers(tenant.id, lines, actor="test")
    assert count_numbers(tenant.id) == (0, 0)


def test_the_list_is_paged_searched_and_filtered(tenant: TenantView) -> None:
    add_numbers(tenant.id, ["030 1234500 – 599", "089 555001, 2002"], actor="test")
    wanted = NumbersWanted(size=40)
    first = list_numbers(tenant.id, wanted)
    assert (len(first.rows), first.earlier, first.later) == (40, False, True)
    second = list_numbers(
        tenant.id, NumbersWanted(size=40, place=Place(after=first.rows[-1].number))
    )
    assert second.rows[0].number == "+49301234539"
    back = list_numbers(
        tenant.id, NumbersWanted(size=40, place=Place(before=second.rows[0].number))
    )
    assert back.rows == first.rows
    for text in ("+49 89", "089", "0049 89", "4989"):
        assert [
            row.extension for row in list_numbers(tenant.id, NumbersWanted(text=text)).rows
        ] == ["2002"], text
    assert list_numbers(tenant.id, NumbersWanted(text="anna")).rows == ()
    assert len(list_numbers(tenant.id, NumbersWanted(assigned=True)).rows) == 1
    assert len(list_numbers(tenant.id, NumbersWanted(assigned=False)).rows) == 50


def test_numbers_are_proposed_to_who_has_them_as_business_phone(tenant: TenantView) -> None:
    add_numbers(tenant.id, ["030 1234560 – 62"], actor="test")
    edit_extension(tenant.id, 2000, new_number=None, fields={"business_phone": "030 12345-60"})
    edit_extension(tenant.id, 2001, new_number=None, fields={"business_phone": "+4930 1234569"})
    edit_extension(tenant.id, 2002, new_number=None, fields={"business_phone": "no number"})

    with tenant_scope(tenant.id):
        (proposal,) = propose_numbers(tenant.id)
        assert (proposal.number, proposal.extension) == ("+49301234560", "2000")
        assert assign_proposed(tenant.id, actor="test") == 1
        assert propose_numbers(tenant.id) == ()
    assert count_numbers(tenant.id) == (3, 2)


def test_a_number_rings_nobody_when_its_person_is_gone(tenant: TenantView) -> None:
    add_numbers(tenant.id, ["030 1234560, 2000", "030 1234561, 2001"], actor="test")
    delete_extension(tenant.id, 2000, now=FixedClock()())
    rows = Extension.objects.of(tenant.id).filter(number=2001)
    rows.update(state="blocked", blocked_at=FixedClock()())
    assert count_numbers(tenant.id) == (2, 1)
    rows.update(state="released")
    assert count_numbers(tenant.id) == (2, 2)


def test_numbers_are_removed(tenant: TenantView) -> None:
    add_numbers(tenant.id, ["030 1234560 – 69"], actor="test")
    with tenant_scope(tenant.id):
        assert remove_numbers(tenant.id, ["030 1234560", "+49301234561"], actor="test") == 2
    with pytest.raises(SetupError) as refused:
        remove_numbers(tenant.id, ["030 1234560"], actor="test")
    assert refused.value.code == "unknown-trunk-number"


def test_another_tenants_number_and_extension_are_not_there(
    tenant: TenantView, new_tenant: MakeTenant
) -> None:
    other = new_tenant()
    add_numbers(other.id, ["030 1234560"], actor="test")
    add_numbers(tenant.id, ["030 1234561"], actor="test")
    with tenant_scope(tenant.id), pytest.raises(SetupError) as refused:
        assign_number(tenant.id, "030 1234560", extension_id=None, actor="test")
    assert refused.value.code == "unknown-trunk-number"
    theirs = extension_id(other)
    with tenant_scope(tenant.id), pytest.raises(SetupError) as refused:
        assign_number(tenant.id, "030 1234561", extension_id=theirs, actor="test")
    assert refused.value.code == "unknown-extension"
    with tenant_scope(tenant.id):
        assert len(list_numbers(tenant.id, NumbersWanted()).rows) == 1
