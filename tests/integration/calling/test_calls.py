"""Calls that ended: written by the switch, listed in pages, forgotten when they are old."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import perf_counter

import msgspec
import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rollcall.calling.calls import CallsWanted, CallView, forget_calls, list_calls
from rollcall.calling.models import Call
from rollcall.telephony.operations import delete_extension
from rollcall.tenants.key_pages import Place
from rollcall.tenants.queries import TenantView
from rollcall.web.scope import tenant_scope
from tests.integration.calling.conftest import MakeTenant, extension_id

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
RECORD = """
    INSERT INTO acc_cdrs (start_time, end_time, duration, call_id, domain, direction, caller,
        callee, caller_number, callee_number, answered, result, code, emergency)
    VALUES (%(start)s, %(end)s, '60', 'call-1', %(domain)s, %(direction)s, %(caller)s, %(callee)s,
        %(caller_number)s, %(callee_number)s, %(answered)s, %(result)s, %(code)s, '')
"""
MANY = """
    INSERT INTO calling_call (tenant_id, sip_call_id, direction, caller_id, callee_id,
        caller_number, callee_number, began_at, ended_at, seconds, result, sip_code, emergency)
    SELECT %(tenant)s, 'c' || n, 'internal',
        CASE WHEN n %% 500 = 0 THEN %(anna)s ELSE %(bert)s END,
        CASE WHEN n %% 500 = 250 THEN %(anna)s ELSE %(carl)s END, '2000', '2001',
        timestamptz '2025-01-01' + n * interval '2 minutes',
        timestamptz '2025-01-01' + n * interval '2 minutes', 0,
        CASE WHEN n %% 1000 = 0 THEN 'busy' ELSE 'no-answer' END, 480, false
    FROM generate_series(1, 200000) n
"""


def write(switch: psycopg.Connection, tenant: TenantView, **values: object) -> None:
    """Write down a call of a minute at noon, from 2000 to 2001, as the switch does."""
    naive = NOON.replace(tzinfo=None)
    row = {
        "start": naive,
        "end": naive + timedelta(seconds=75),
        "domain": tenant.sip_domain,
        "direction": "internal",
        "caller": "2000",
        "callee": "2001",
        "caller_number": "2000",
        "callee_number": "2001",
        "answered": str(int(NOON.timestamp()) + 15),
        "result": "answered",
        "code": "200",
        **values,
    }
    switch.execute(RECORD, row)


def pages(tenant_id: int, wanted: CallsWanted) -> Iterator[tuple[CallView, ...]]:
    """Yield all pages, one after the other."""
    while True:
        with tenant_scope(tenant_id):
            page = list_calls(tenant_id, wanted)
        yield page.rows
        if not page.later:
            return
        wanted = CallsWanted(
            extension_id=wanted.extension_id,
            size=wanted.size,
            place=Place(after=page.rows[-1].place),
        )


def test_a_record_waits_for_the_disk_although_the_switch_does_not(
    switch: psycopg.Connection, tenant: TenantView
) -> None:
    switch.execute("SET synchronous_commit = off")
    with switch.transaction():
        write(switch, tenant)
        assert switch.execute("SHOW synchronous_commit").fetchone() == ("on",)
    assert switch.execute("SHOW synchronous_commit").fetchone() == ("off",)


def test_a_call_is_shown_as_the_switch_wrote_it_down(
    tenant: TenantView, switch: psycopg.Connection
) -> None:
    write(switch, tenant)
    with tenant_scope(tenant.id):
        (call,) = list_calls(tenant.id, CallsWanted()).rows

    assert (call.direction, call.result, call.seconds) == ("internal", "answered", 60)
    assert call.began_at == NOON
    assert call.answered_at == NOON + timedelta(seconds=15)
    assert (call.caller.extension, call.caller.name) == ("2000", "Person 2000")
    assert (call.callee.extension, call.callee.number) == ("2001", "2001")
    anna, bert = extension_id(tenant, 2000), extension_id(tenant, 2001)
    assert (call.is_to(bert), call.is_to(anna)) == (True, False)
    assert call.other(anna) == call.callee
    assert not call.is_missed_by(bert)


def test_an_extension_sees_the_calls_that_it_made_and_got(
    tenant: TenantView, switch: psycopg.Connection, new_tenant: MakeTenant
) -> None:
    other = new_tenant()
    write(switch, other, caller="2000")
    write(switch, tenant, start=NOON.replace(tzinfo=None), caller="2000", callee="2001")
    for minute, caller, callee, result in (
        (1, "2001", "2000", "no-answer"),
        (2, "2001", "2002", "answered"),
        (3, "2000", "2000", "busy"),
    ):
        start = NOON.replace(tzinfo=None) + timedelta(minutes=minute)
        write(switch, tenant, start=start, caller=caller, callee=callee, result=result)

    anna = extension_id(tenant, 2000)
    with tenant_scope(tenant.id):
        seen = list_calls(tenant.id, CallsWanted(extension_id=anna)).rows
        missed = list_calls(tenant.id, CallsWanted(extension_id=anna, missed=True)).rows
        busy = list_calls(tenant.id, CallsWanted(result="busy")).rows
        late = list_calls(tenant.id, CallsWanted(since=NOON + timedelta(minutes=2))).rows
        early = list_calls(tenant.id, CallsWanted(until=NOON + timedelta(minutes=1))).rows
        theirs = list_calls(other.id, CallsWanted()).rows
    assert [call.began_at.minute for call in seen] == [3, 1, 0]
    assert [call.began_at.minute for call in missed] == [3, 1]
    assert [call.result for call in busy] == ["busy"]
    assert [call.began_at.minute for call in late] == [3, 2]
    assert [call.began_at.minute for call in early] == [0]
    assert theirs == ()


def test_a_call_outlives_those_who_made_it(tenant: TenantView, switch: psycopg.Connection) -> None:
    write(switch, tenant)
    delete_extension(tenant.id, 2001, now=NOON)
    (call,) = list_calls(tenant.id, CallsWanted()).rows
    assert (call.callee.extension_id, call.callee.number, call.callee.name) == (None, "2001", "")
    assert call.caller.name == "Person 2000"


def test_pages_go_on_and_back_without_a_gap(tenant: TenantView, switch: psycopg.Connection) -> None:
    for each in range(11):
        start = NOON.replace(tzinfo=None) + timedelta(seconds=each // 2)
        write(switch, tenant, start=start)

    forward = list(pages(tenant.id, CallsWanted(size=3)))
    assert [len(rows) for rows in forward] == [3, 3, 3, 2]
    every = [call.id for rows in forward for call in rows]
    assert every == sorted(every, reverse=True)
    back = list_calls(tenant.id, CallsWanted(size=3, place=Place(before=forward[2][0].place)))
    assert back.rows == forward[1]
    assert (back.earlier, back.later) == (True, True)
    first = list_calls(tenant.id, CallsWanted(size=3, place=Place(before=forward[1][0].place)))
    assert first.rows == forward[0]
    assert not first.earlier


@pytest.mark.parametrize("place", ["x", "1-", "-1", "9" * 30 + "-1", "1-" + "9" * 30, "²-1", "\0"])
def test_a_place_that_no_page_has_named_is_the_beginning(tenant: TenantView, place: str) -> None:
    assert list_calls(tenant.id, CallsWanted(place=Place(after=place))).rows == ()


def test_old_calls_are_forgotten(tenant: TenantView, switch: psycopg.Connection) -> None:
    Call.objects.all_tenants().delete()
    write(switch, tenant)
    later = NOON.replace(tzinfo=None) + timedelta(days=1)
    write(switch, tenant, start=later, end=later)
    assert forget_calls(before=NOON + timedelta(hours=1), limit=1) == 1
    assert forget_calls(before=NOON + timedelta(hours=1), limit=10) == 0
    assert Call.objects.of(tenant.id).count() == 1


def test_a_page_of_200000_calls_is_read_by_its_index(
    tenant: TenantView, shared_database: str
) -> None:
    people = {
        name: extension_id(tenant, number)
        for name, number in (("anna", 2000), ("bert", 2001), ("carl", 2002))
    }
    with psycopg.connect(shared_database, autocommit=True) as owner:
        owner.execute(MANY, {"tenant": tenant.id, **people})
        owner.execute("ANALYZE calling_call")
    anna = people["anna"]

    for wanted in (
        CallsWanted(),
        CallsWanted(extension_id=anna),
        CallsWanted(result="busy"),
        CallsWanted(result="declined"),
        CallsWanted(direction="inbound", result="busy"),
    ):
        with tenant_scope(tenant.id):
            rows = list_calls(tenant.id, wanted).rows
        place = Place(after=rows[-1].place) if rows else Place()
        deep = msgspec.structs.replace(wanted, place=place)
        with tenant_scope(tenant.id), CaptureQueriesContext(connection) as queries:
            began = perf_counter()
            assert len(list_calls(tenant.id, deep).rows) == len(rows)
            took = perf_counter() - began
            plans = [explain(each["sql"]) for each in queries if "calling_call" in each["sql"]]
        assert len(plans) == (2 if rows else 1)
        assert all("Seq Scan on calling_call" not in plan for plan in plans), plans
        assert took < 0.25
    assert sum(1 for _page in pages(tenant.id, CallsWanted(extension_id=anna))) == 16
    Call.objects.of(tenant.id).delete()


def explain(statement: str) -> str:
    """Return how a statement is carried out, in the scope that there is."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}")
        return "\n".join(row[0] for row in cursor.fetchall())
