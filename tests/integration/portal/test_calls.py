"""Lists of calls: all of them for administrators, one's own for everybody; whose name who sees."""

import csv
import io
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from rollcall.calling.models import Call
from rollcall.core.records import Phone
from rollcall.phonebook.own_operations import ContactDraft, add_company_contact
from rollcall.telephony.models import Extension
from rollcall.telephony.operations import add_extension
from tests.integration.conftest import MakeSite
from tests.integration.portal.conftest import SignIn
from tests.sites import Site

ALL, MINE = "/t/contoso/calls", "/t/contoso/my-calls"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def add(site: Site, number: int, name: str) -> int:
    """Add a hand-made extension; return its id."""
    add_extension(site.tenant.id, number=number, fields={"display_name": name})
    return Extension.objects.of(site.tenant.id).get(number=number).pk


def call(site: Site, at: datetime = NOON, **values: object) -> None:
    """Write down a call."""
    known = {"direction": "internal", "result": "answered", "seconds": 754, **values}
    if known["result"] != "answered":
        known["seconds"] = 0
    Call.objects.of(site.tenant.id).create(
        tenant_id=site.tenant.id,
        sip_call_id="x",
        began_at=at,
        ended_at=at + timedelta(minutes=15),
        **known,
    )


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_empty_lists_say_what_they_are_for(new_site: MakeSite, sign_in: SignIn) -> None:
    site = new_site("people:1")
    admin = sign_in("administrator", site.tenant.id)
    user = sign_in("user", site.tenant.id, extension_id=add(site, 2004, "Anna"))

    assert "Calls are listed here when they have ended" in text(admin, ALL)
    assert "Calls that you make and get" in text(user, MINE)
    assert "has no extension here" in text(admin, MINE)


def test_a_call_is_told_in_words(new_site: MakeSite, sign_in: SignIn) -> None:
    site = new_site("people:1")
    anna, bernd = add(site, 2004, "Anna"), add(site, 2005, "Bernd <i>")
    call(site, caller_id=anna, callee_id=bernd, caller_number="2004", callee_number="2005")
    call(
        site,
        direction="outbound",
        result="failed",
        caller_id=anna,
        callee_number="112",
        emergency=True,
        sip_code=503,
    )

    page = text(sign_in("administrator", site.tenant.id), ALL)

    assert "Bernd &lt;i&gt;" in page
    assert "12:34" in page
    assert "2026-11-20" in page
    assert "Emergency" in page
    assert "SIP 503" in page


def test_ones_own_calls_are_ones_own_alone(new_site: MakeSite, sign_in: SignIn) -> None:
    site = new_site("people:1")
    anna, bernd, clara = (
        add(site, number, name) for number, name in ((2004, "Anna"), (2005, "Bernd"), (2006, "C."))
    )
    call(site, caller_id=bernd, callee_id=anna, result="no-answer")
    call(site, caller_id=bernd, callee_id=clara, callee_number="9999")
    call(site, direction="outbound", caller_id=anna, callee_number="+4930555")

    user = sign_in("user", site.tenant.id, extension_id=anna)
    page, missed = text(user, MINE), text(user, f"{MINE}?show=missed")

    assert "Missed" in page
    assert "Bernd" in page
    assert 'data-call="2005"' in page
    assert 'data-call="+4930555"' in page
    assert "9999" not in page
    assert "C." not in page
    assert "+4930555" not in missed
    assert "Bernd" in missed


def test_administrators_see_no_name_of_a_personal_contact(
    new_site: MakeSite, sign_in: SignIn
) -> None:
    site = new_site("people:2:2,shared=1")
    site.set(personal_contacts=True, company_contacts=True)
    site.sync()
    anna, number, name = own_contact(site)
    company = ContactDraft(
        company="Werkzeug AG", phones=(Phone(kind="business", number="+49 30 5550000"),)
    )
    add_company_contact(site.tenant.id, company)
    call(site, direction="inbound", callee_id=anna, caller_number=number)
    call(site, direction="inbound", callee_id=anna, caller_number="+49305550000")

    mine = text(sign_in("user", site.tenant.id, extension_id=anna), MINE)
    everybodys = text(sign_in("administrator", site.tenant.id), ALL)

    assert name in mine
    assert "Werkzeug AG" in mine
    assert number in everybodys
    assert "Werkzeug AG" in everybodys
    assert name not in everybodys


def own_contact(site: Site) -> tuple[int, str, str]:
    """Return holder, number and name of a personal contact with a number of its own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.holder, '+' || n.e164, c.display_name FROM phonebook_contact c "
            "JOIN phonebook_contactnumber n ON n.tenant_id = c.tenant_id AND n.contact_id = c.id "
            "WHERE c.tenant_id = %s AND c.holder <> 0 AND n.e164 IS NOT NULL AND "
            "c.display_name <> '' ORDER BY c.id LIMIT 1",
            [site.tenant.id],
        )
        holder, number, name = cursor.fetchall()[0]
    return int(holder), str(number), str(name)


def test_the_list_is_narrowed_and_its_pages_turned(new_site: MakeSite, sign_in: SignIn) -> None:
    site = new_site("people:1")
    anna, bernd = add(site, 2004, "Anna"), add(site, 2005, "Bernd")
    for minute in range(60):
        call(site, at=NOON + timedelta(minutes=minute), caller_id=anna, callee_id=bernd)
    call(site, at=NOON - timedelta(days=3), direction="inbound", result="busy", callee_id=bernd)
    admin = sign_in("administrator", site.tenant.id)

    def rows(query: str) -> int:
        return text(admin, f"{ALL}?{query}").count('class="moment"')

    assert rows("") == 50
    first = text(admin, ALL)
    later = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert rows(later.removeprefix("?")) == 11
    assert rows("direction=inbound") == 1
    assert rows("result=busy") == 1
    assert rows("extension=2005&result=busy") == 1
    assert rows("since=2026-11-18&until=2026-11-19") == 0
    assert rows("since=2026-11-17&until=2026-11-17") == 1
    assert rows("direction=nonsense&since=nonsense&after=nonsense") == 50
    assert "There is no extension 7777." in text(admin, f"{ALL}?extension=7777")
    assert "There is no extension &lt;b&gt;." in text(admin, f"{ALL}?extension=<b>")
    assert "No call fits this" in text(admin, f"{ALL}?result=failed")


def test_the_calls_are_exported_as_they_are_narrowed(new_site: MakeSite, sign_in: SignIn) -> None:
    site = new_site("people:1")
    anna = add(site, 2004, "=1+1")
    call(site, direction="outbound", caller_id=anna, callee_number="+4930555")
    call(site, direction="inbound", result="busy", callee_id=anna, caller_number="=cmd()")
    admin = sign_in("administrator", site.tenant.id)

    def export(query: str) -> list[list[str]]:
        answer = admin.get(f"{ALL}.csv?{query}")
        content = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]  # it is streamed
        return list(csv.reader(io.StringIO(content)))

    assert len(export("")) == 3
    _head, row = export("direction=outbound")
    assert row[:4] == ["2026-11-20T12:00:00+00:00", "outbound", "answered", "754"]
    assert row[4:8] == ["2004", "'=1+1", "+4930555", ""]
    assert export("direction=inbound")[1][4] == "'=cmd()"
    assert admin.get(f"{ALL}.csv?extension=7777").status_code == 404
    assert sign_in("user", site.tenant.id).get(f"{ALL}.csv").status_code == 404


def test_a_page_takes_as_many_queries_for_many_calls_as_for_one(
    new_site: MakeSite, sign_in: SignIn
) -> None:
    site = new_site("people:1")
    anna, bernd = add(site, 2004, "Anna"), add(site, 2005, "Bernd")
    clients = (
        (sign_in("administrator", site.tenant.id), ALL),
        (sign_in("user", site.tenant.id, extension_id=anna), MINE),
    )
    counts = []
    for some in (1, 30):
        for _each in range(some):
            call(site, direction="inbound", callee_id=anna, caller_number=f"+49305550{_each:03}")
            call(site, caller_id=anna, callee_id=bernd)
        for client, address in clients:
            with CaptureQueriesContext(connection) as asked:
                client.get(address)
            counts.append(len(asked))
    assert counts[:2] == counts[2:], counts
