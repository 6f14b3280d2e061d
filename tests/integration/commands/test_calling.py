"""Desk phones, the trunk and calls, at an administrator's shell."""

from pathlib import Path

import psycopg

from rollcall.tenants.queries import TenantView, get_tenant
from tests.databases import point_django
from tests.integration.commands.office import Office

DEVICE = {
    *("id", "extension", "person", "name", "username", "domain", "valid", "registered"),
    *("address", "transport", "agent", "created_at", "password_at"),
}
PASSWORD = {"id", "extension", "name", "username", "password", "domain"}
TRUNK = {
    *("enabled", "kind", "host", "proxy", "port", "transport", "username", "password_at"),
    *("addresses", "number_format", "main_number", "state", "detail", "since", "seen_at"),
}
NUMBER = {"number", "extension", "person", "shown"}
CALL = {
    *("id", "direction", "result", "began_at", "answered_at", "ended_at", "seconds", "caller"),
    *("caller_name", "caller_number", "callee", "callee_name", "callee_number", "emergency"),
    "sip_code",
}
SET = ("--host", "sip.carrier.example", "--user", "acme")


def new_tenant(office: Office, slug: str) -> TenantView:
    """Make a tenant with the extensions 2000 and 2001."""
    office.done(
        *("tenant", "add", slug, "--name", "Acme", "--sip-domain", f"{slug}.example"),
        *("--time-zone", "Europe/Berlin", "--country", "DE"),
    )
    for number, name in (("2000", "Ada"), ("2001", "Bert [bold]")):
        office.done("extensions", "add", slug, number, "--display-name", name)
    point_django(office.conninfo)
    return get_tenant(slug)


def test_a_desk_phone_is_added_listed_renewed_renamed_and_removed(office: Office) -> None:
    slug = new_tenant(office, "phones").slug
    assert "There are no desk phones" in office.done("devices", "list", slug).out

    added = office.asked("devices", "add", slug, "2000", "--name", "Desk")
    assert set(added) == PASSWORD
    shown = office.done("devices", "add", slug, "2001", "--name", "Lab").out
    assert "shown this once" in shown
    listed = office.asked("devices", "list", slug)
    assert [set(each) for each in listed] == [DEVICE, DEVICE]
    assert [each["extension"] for each in listed] == ["2000", "2001"]
    assert added["password"] not in office.done("devices", "list", slug).out
    assert "2 phones, 0 registered" in office.done("devices", "list", slug).out

    renewed = office.asked("devices", "renew", slug, added["id"])
    assert renewed["password"] != added["password"]
    renamed = office.asked("devices", "rename", slug, added["id"], "--name", "Kitchen")
    assert renamed["name"] == "Kitchen"
    assert office.asked("devices", "remove", slug, added["id"]) == {"removed": added["id"]}
    one = office.asked("devices", "list", slug, "--extension", "2000")
    assert one == []
    assert "no phone" in office.refused("devices", "remove", slug, added["id"])


def test_another_sip_domain_says_how_many_phones_need_a_new_password(office: Office) -> None:
    slug = new_tenant(office, "moved").slug
    office.done("devices", "add", slug, "2000", "--name", "Desk")

    said = office.done("tenant", "set", slug, "--sip-domain", "moved.new.example").out
    assert "1 desk phone needs a new password" in said
    assert "needs a new password" in office.done("devices", "list", slug).out
    assert "password" not in office.done("tenant", "set", slug, "--name", "Acme 2").out


def test_a_trunk_is_set_step_by_step_and_its_password_never_shown(
    office: Office, tmp_path: Path
) -> None:
    slug = new_tenant(office, "trunks").slug
    assert office.asked("trunk", "show", slug) is None
    assert "There is no trunk" in office.done("trunk", "show", slug).out
    file = tmp_path / "password"
    file.write_text("s3cret-word\n")

    assert "needs the password" in office.refused("trunk", "set", slug, *SET)
    made = office.asked("trunk", "set", slug, *SET, "--password-file", file)
    assert set(made) == TRUNK
    assert (made["port"], made["transport"], made["state"]) == (None, "udp", "unknown")
    office.asked("trunk", "set", slug, "--port", "5070")
    changed = office.asked("trunk", "set", slug, "--format", "national", "--transport", "tls")
    assert (changed["host"], changed["port"]) == ("sip.carrier.example", None)
    assert "sip.carrier.example, TLS" in office.done("trunk", "show", slug).out
    proxied = office.asked(
        *("trunk", "set", slug, "--proxy", "Out.carrier.example", "--port", "5099"),
        *("--password-file", file),
    )
    assert (proxied["proxy"], proxied["port"]) == ("out.carrier.example", 5099)
    shown = office.done("trunk", "show", slug).out
    assert "out.carrier.example:5099, TLS" in shown
    plain = office.asked(
        "trunk", "set", slug, "--proxy", "", "--port", "0", "--password-file", file
    )
    assert (plain["proxy"], plain["port"]) == (None, None)
    assert "s3cret-word" not in shown
    off = office.asked("trunk", "set", slug, "--off", "--main-number", "030 1234560")
    assert (off["enabled"], off["main_number"]) == (False, "+49301234560")
    assert "switched off" in office.done("trunk", "show", slug).out
    assert office.asked("trunk", "remove", slug) == {"removed": True}
    assert "There is no trunk" in office.refused("trunk", "remove", slug)


def test_numbers_are_added_assigned_and_removed(office: Office, tmp_path: Path) -> None:
    slug = new_tenant(office, "numbers").slug
    assert "There are no numbers" in office.done("trunk", "numbers", slug).out
    file = tmp_path / "numbers.txt"
    file.write_text("030 1234560 – 62\n\n030 1234570, 2001\n")

    listed = office.asked("trunk", "numbers", slug, "--file", file)
    assert [set(each) for each in listed] == [NUMBER] * 4
    assert listed[-1]["extension"] == "2001"
    assigned = office.asked("trunk", "assign", slug, "030 1234560", "2000", "--hidden")
    assert (assigned["extension"], assigned["shown"]) == ("2000", False)
    assert "rings nobody" in office.done("trunk", "assign", slug, "030 1234570", "--nobody").out
    office.done("extensions", "edit", slug, "2001", "--business-phone", "030 123456-1")
    proposed = office.asked("trunk", "numbers", slug, "--by-business-phone")
    assert [each["extension"] for each in proposed] == ["2000", "2001", None, None]
    left = office.asked("trunk", "numbers", slug, "--remove", "030 1234570")
    assert len(left) == 3
    assert "Line 1" in office.refused("trunk", "numbers", slug, "--add", "nothing")
    assert office.run("trunk", "assign", slug, "030 1234560").code == 2


def test_emergency_numbers_are_shown_and_set(office: Office) -> None:
    slug = new_tenant(office, "emergency").slug
    said = office.done("trunk", "emergency", slug).out
    assert "110, 112 (those of the country)" in said
    assert "Without a trunk" in said
    assert office.asked("trunk", "emergency", slug, "112", "199")["own"]
    assert "one of the country" in office.refused("trunk", "emergency", slug, "911")
    assert not office.asked("trunk", "emergency", slug, "--usual")["own"]


def test_calls_are_listed_and_that_is_noted(office: Office) -> None:
    tenant = new_tenant(office, "calls")
    assert "no such calls" in office.done("calls", "list", tenant.slug).out
    with psycopg.connect(office.conninfo, autocommit=True) as connection:
        for minute, result in ((5, "answered"), (6, "busy")):
            connection.execute(
                "INSERT INTO sip.acc_cdrs (start_time, end_time, call_id, domain, direction, "
                "caller, callee, caller_number, callee_number, answered, result, code) VALUES "
                "(%(at)s, %(at)s::timestamp + interval '70 s', 'x', %(domain)s, 'internal', "
                "'2000', '2001', '2000', '2001', extract(epoch FROM %(at)s::timestamp)::bigint, "
                "%(result)s, '200')",
                {
                    "at": f"2026-11-20 23:{minute:02}:00",
                    "domain": tenant.sip_domain,
                    "result": result,
                },
            )
    listed = office.asked("calls", "list", tenant.slug)
    assert [set(each) for each in listed] == [CALL, CALL]
    assert [each["result"] for each in listed] == ["busy", "answered"]
    said = office.done("calls", "list", tenant.slug, "--extension", "2001").out
    assert "2026-11-21 00:06" in said
    assert "Bert [bold] (2001)" in said
    assert "1 min 10 s" in said
    days = [
        len(office.asked("calls", "list", tenant.slug, "--since", day, "--until", day))
        for day in ("2026-11-20", "2026-11-21")
    ]
    assert days == [0, 2]
    assert len(office.asked("calls", "list", tenant.slug, "--result", "busy")) == 1
    with psycopg.connect(office.conninfo) as connection:
        notes = connection.execute(
            "SELECT subject FROM audit_auditentry WHERE tenant_id = %s "
            "AND action = 'calls.listed' ORDER BY id",
            [tenant.id],
        ).fetchall()
    assert {subject for (subject,) in notes} == {"all", "2001"}


def test_another_tenants_phone_is_not_there(office: Office) -> None:
    mine, other = new_tenant(office, "mine").slug, new_tenant(office, "other").slug
    phone = office.asked("devices", "add", other, "2000", "--name", "Desk")["id"]
    for words in (("renew",), ("remove",), ("rename", "--name", "x")):
        verb, *more = words
        assert "There is no phone" in office.refused("devices", verb, mine, phone, *more)
