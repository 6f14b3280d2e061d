"""What the phone's scripts ask for: credentials for a session, whose number it is, who is there."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.db import connection
from django.test import Client

from rollcall.accounts.sessions import end_sessions
from rollcall.calling.models import Line
from rollcall.sip.digest import ha1
from rollcall.telephony.models import Extension
from rollcall.wiring.machine import Machine, utc_now
from tests.integration.portal.visitors import make_client
from tests.integration.webphone.conftest import Company, MakeCompany


def with_switch(company: Company, machine: Machine, **values: object) -> Client:
    """Return Anna's browser at a server that has a switch."""
    known = msgspec.structs.replace(machine.environment, switch=True, wss_port=8444, **values)
    token = company.anna.cookies["__Host-session"].value
    return make_client(Machine(known, machine.conninfo), token)


def test_credentials_are_made_for_this_session_and_kept_as_a_digest_alone(
    company: Company, machine: Machine
) -> None:
    anna = with_switch(company, machine)
    before = utc_now()

    made = anna.post("/phone/line").json()

    assert made["uri"] == "sip:2000@contoso.example"
    assert (made["number"], made["domain"]) == ("2000", "contoso.example")
    assert made["display_name"] == "Anna Berg"
    assert made["socket"] == "wss://localhost:8444/"
    assert 590 <= made["seconds"] <= 600
    row = Line.objects.of(company.tenant.id).get()
    assert row.extension_id == company.people[2000]
    assert row.ha1 == ha1(made["username"], made["domain"], made["password"])
    assert before + timedelta(minutes=9) < row.expires_at < utc_now() + timedelta(minutes=10)


def test_another_time_gives_others_and_the_session_takes_them_along(
    company: Company, machine: Machine
) -> None:
    anna = with_switch(company, machine)
    names = {anna.post("/phone/line").json()["username"] for _ in range(3)}
    assert len(names) == 3

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM sip.subscriber WHERE kind = 'web'")
        assert cursor.fetchone() == (3,)
        cursor.execute("SELECT id FROM accounts_account WHERE role = 'user'")
        end_sessions(cursor.fetchone()[0])
        cursor.execute("SELECT count(*) FROM sip.subscriber WHERE kind = 'web'")
        assert cursor.fetchone() == (0,)
    assert anna.post("/phone/line")["Location"].startswith("/phone/sign-in")


def test_nothing_is_made_without_a_switch_or_for_whoever_is_blocked(
    company: Company, machine: Machine
) -> None:
    answer = company.anna.post("/phone/line")
    assert answer.status_code == 409
    assert answer.json() == {"error": "Calls are switched off on this server."}

    anna = with_switch(company, machine)
    rows = Extension.objects.of(company.tenant.id).filter(pk=company.people[2000])
    rows.update(state="blocked", blocked_at=utc_now(), blocked_reason="disabled")
    assert anna.post("/phone/line").status_code == 303
    assert not Line.objects.of(company.tenant.id).exists()


def test_credentials_are_not_made_by_other_sites_or_by_links(
    company: Company, machine: Machine
) -> None:
    anna = with_switch(company, machine)
    assert anna.get("/phone/line").status_code == 405
    strict: Any = Client(enforce_csrf_checks=True)
    strict.defaults, strict.cookies = anna.defaults, anna.cookies
    assert strict.post("/phone/line").status_code == 403
    assert not Line.objects.of(company.tenant.id).exists()


@pytest.mark.parametrize("socket", [None, "wss://phones.example/socket"])
def test_the_page_may_connect_to_the_switch_and_to_nobody_else(
    company: Company, machine: Machine, socket: str | None
) -> None:
    policy = with_switch(company, machine, phone_socket=socket).get("/phone/")[
        "Content-Security-Policy"
    ]
    origin = "wss://phones.example" if socket else "wss://localhost:8444"
    assert f"connect-src 'self' {origin};" in policy
    assert "worker-src 'self'" in policy
    without = company.anna.get("/phone/")
    assert "connect-src 'self';" in without["Content-Security-Policy"]
    assert 'data-switch="off"' in without.content.decode()


def test_a_number_is_somebodys(company: Company) -> None:
    company.add_own_contact(2000, "Oma", "+49 30 9018 2077")

    oma = company.anna.get("/phone/who?number=%2B493090182077").json()
    bernd = company.anna.get("/phone/who?number=2001").json()

    assert (oma["name"], oma["kind"]) == ("Oma", "own")
    assert (bernd["name"], bernd["kind"]) == ("Bernd Thal", "colleague")
    nobody = company.anna.get("/phone/who?number=9999").json()
    assert nobody == {"name": "", "kind": "none", "about": "", "photo": "", "number": "9999"}
    for wrong in ("", "?number=", "?number=" + "1" * 65, "?number=%00"):
        assert company.anna.get(f"/phone/who{wrong}").status_code == 404


def register(domain: str, number: str, *, seconds: int = 60) -> None:
    """Write down that a phone is signed in, as the switch does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sip.location (ruid, username, domain, contact, expires) VALUES "
            "(%s, %s, %s, 'sip:x@y', now() AT TIME ZONE 'UTC' + make_interval(secs => %s))",
            [f"{domain}-{number}", number, domain, seconds],
        )


def test_presence_is_of_ones_own_company_and_of_now(new_company: MakeCompany) -> None:
    ours, theirs = new_company(), new_company("fabrikam")
    register("contoso.example", "2001")
    register("contoso.example", "2000", seconds=-5)
    register("fabrikam.example", "2000")

    address = "/phone/presence?number=2000&number=2001&number=x&number=%C2%B2&number=" + "9" * 70
    assert ours.anna.get(address).json() == {"registered": ["2001"]}
    assert theirs.anna.get(address).json() == {"registered": ["2000"]}
    page = ours.anna.get("/phone/").content.decode()
    assert 'class="presence on" data-presence="2001"' in page
    assert 'class="presence" data-presence="2000"' in page
