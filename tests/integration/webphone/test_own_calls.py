"""One's own calls at the phone: which way, how long, whose; a page at a time."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from rollcall.calling.models import Call
from tests.integration.webphone.conftest import PART, Company, MakeCompany

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def add_call(company: Company, minutes: int = 0, **values: object) -> None:
    """Write down a call, as the switch does."""
    began = NOON + timedelta(minutes=minutes)
    Call.objects.of(company.tenant.id).create(
        tenant_id=company.tenant.id,
        sip_call_id="x",
        began_at=began,
        ended_at=began + timedelta(seconds=90),
        **{"direction": "internal", "result": "answered", "seconds": 75, **values},
    )


def calls(client: Client, query: str = "", **headers: str) -> str:
    """Return the list."""
    answer = client.get(f"/phone/calls{query}", headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def test_calls_made_got_and_missed_are_told_apart(company: Company) -> None:
    anna, bernd = company.people[2000], company.people[2001]
    company.add_own_contact(2000, "Oma", "+49 30 9018 2077")
    add_call(company, caller_id=anna, callee_id=bernd, caller_number="2000", callee_number="2001")
    add_call(
        company,
        5,
        direction="inbound",
        callee_id=anna,
        caller_number="+493090182077",
        callee_number="+49301",
        result="no-answer",
        seconds=0,
    )
    page = calls(company.anna)

    assert page.index("Oma") < page.index("Bernd Thal", page.index("Oma"))
    for shown in ("Missed", "Outgoing", "1:15", "2001", "030 90182077"):
        assert shown in page
    missed = calls(company.anna, "?show=missed", **PART)
    assert missed.lstrip().startswith(("{#", '<div id="found"'))
    assert "Oma" in missed
    assert "Bernd Thal" not in missed


def test_a_caller_from_outside_with_a_colleagues_number_is_not_that_colleague(
    company: Company,
) -> None:
    anna = company.people[2000]
    for number in ("2001", "20-01", "~2001"):
        add_call(company, direction="inbound", callee_id=anna, caller_number=number)

    assert "Bernd Thal" not in calls(company.anna)

    add_call(company, 5, callee_id=anna, caller_id=company.people[2001], caller_number="2001")
    assert "Bernd Thal" in calls(company.anna)


def test_an_empty_list_says_what_will_be_there(company: Company) -> None:
    assert "Nothing is here yet." in calls(company.anna)
    assert "You missed no call." in calls(company.anna, "?show=missed")


def test_the_list_goes_on_and_asks_no_more_for_more_calls(company: Company) -> None:
    anna, bernd = company.people[2000], company.people[2001]
    values: dict[str, Any] = {"caller_id": anna, "callee_id": bernd, "caller_number": "2000"}
    add_call(company, **values, callee_number="2001")
    calls(company.anna)
    with CaptureQueriesContext(connection) as few:
        calls(company.anna, **PART)
    for minute in range(1, 45):
        add_call(
            company, minute, direction="outbound", caller_id=anna, callee_number=f"030{minute}"
        )
    with CaptureQueriesContext(connection) as many:
        first = calls(company.anna, **PART)

    assert len(many) == len(few)
    later = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    rest = calls(company.anna, later.removeprefix("/phone/calls"), **PART)
    assert first.count("call-row") == 30
    assert rest.count("call-row") == 15
    assert 'rel="prev"' in rest
    assert 'rel="next"' not in rest


def test_calls_of_others_are_nobody_elses(new_company: MakeCompany) -> None:
    ours, theirs = new_company(), new_company("fabrikam")
    add_call(ours, caller_id=ours.people[2001], callee_number="0301", direction="outbound")
    add_call(theirs, callee_id=theirs.people[2000], caller_number="0302", direction="inbound")

    assert "Nothing is here yet." in calls(ours.anna)
    assert "030 2" in calls(theirs.anna) or "0302" in calls(theirs.anna)
