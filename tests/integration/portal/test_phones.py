"""Phones in the portal: added with a password that is shown once, told by where they are, ended."""

import re
from datetime import UTC, datetime, timedelta

import psycopg
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from rollcall.calling.models import Device
from rollcall.sip.digest import ha1
from rollcall.telephony.models import Extension
from rollcall.telephony.operations import add_extension
from rollcall.tenants.queries import get_tenant
from rollcall.wiring.machine import Machine
from tests.integration.conftest import MakeSite
from tests.integration.portal.conftest import SignIn
from tests.sites import Site

MINE = "/t/contoso/my-phones"
DAY = timedelta(days=1)


def add(site: Site, number: int, name: str = "Anna") -> int:
    """Add a hand-made extension; return its id."""
    add_extension(site.tenant.id, number=number, fields={"display_name": name})
    return Extension.objects.of(site.tenant.id).get(number=number).pk


def register(
    machine: Machine, site: Site, number: int, username: str, agent: str = "Yealink"
) -> None:
    """Write down a registration as the switch does."""
    now = datetime.now(UTC).replace(tzinfo=None)
    with psycopg.connect(machine.conninfo) as db:
        domain = site.tenant.sip_domain
        db.execute(
            "INSERT INTO sip.location (ruid, username, domain, contact, received, expires, "
            "last_modified, user_agent) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            (
                *(f"r-{username}", str(number), domain, f"sip:{number}@198.51.100.7:5060"),
                *("sip:198.51.100.7:40000;transport=tls", now + DAY, now, agent),
            ),
        )
        db.execute(
            "INSERT INTO sip.location_attrs (ruid, username, domain, aname, avalue) "
            "VALUES (%s, %s, %s, 'username', %s)",
            (f"r-{username}", str(number), domain, username),
        )


def shown(answer: object) -> dict[str, str]:
    """Return what is to be typed into the phone, by its copy buttons."""
    text = answer.content.decode()  # type: ignore[attr-defined]  # the test client's answer
    found = re.findall(
        r'data-copy="([^"]*)" title="Copy">.*?<span class="hidden">Copy ([^<]*)<', text
    )
    return {what: value for value, what in found}


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_phone_is_added_and_its_password_is_shown_once(
    new_site: MakeSite, sign_in: SignIn
) -> None:
    site = new_site("people:1")
    user = sign_in("user", site.tenant.id, extension_id=add(site, 2004))
    assert "Add the first phone" in text(user, MINE)

    answer = user.post(f"{MINE}/new", {"name": "Desk <b>"})

    typed = shown(answer)
    device = Device.objects.of(site.tenant.id).get()
    assert answer.headers["Cache-Control"] == "no-store"
    assert typed["user name"] == "2004"
    assert typed["authentication name"] == device.username
    assert typed["domain"] == site.tenant.sip_domain
    assert device.ha1 == ha1(device.username, typed["domain"], typed["password"])
    assert "5061" in answer.content.decode()
    listed = text(user, MINE)
    assert "Desk &lt;b&gt;" in listed
    assert "Not registered" in listed
    assert typed["password"] not in listed


def test_a_phone_without_a_name_is_not_added(new_site: MakeSite, sign_in: SignIn) -> None:
    site = new_site("people:1")
    user = sign_in("user", site.tenant.id, extension_id=add(site, 2004))

    for name in ("", "   ", "x" * 61):
        assert user.post(f"{MINE}/new", {"name": name}).status_code == 200
    assert not Device.objects.of(site.tenant.id).exists()


def test_more_phones_than_may_sign_in_are_refused_in_words(
    new_site: MakeSite, sign_in: SignIn
) -> None:
    site = new_site("people:1")
    user = sign_in("user", site.tenant.id, extension_id=add(site, 2004))
    for count in range(8):
        user.post(f"{MINE}/new", {"name": f"Phone {count}"})

    answer = user.post(f"{MINE}/new", {"name": "One more"})

    assert "at most 8 phones" in answer.content.decode()
    assert Device.objects.of(site.tenant.id).count() == 8


def test_where_a_phone_is_stands_in_the_list(
    new_site: MakeSite, sign_in: SignIn, machine: Machine
) -> None:
    site = new_site("people:1")
    user = sign_in("user", site.tenant.id, extension_id=add(site, 2004))
    user.post(f"{MINE}/new", {"name": "Desk"})
    register(machine, site, 2004, Device.objects.of(site.tenant.id).get().username)
    register(machine, site, 2004, "w" + "a" * 20, "Mozilla/5.0 (X11; Linux) Firefox/140.0")

    page = text(user, MINE)

    assert "Registered" in page
    assert "198.51.100.7:40000" in page
    assert "Yealink" in page
    assert "Firefox on Linux" in page


def test_a_phone_is_renamed_renewed_signed_out_and_removed(
    new_site: MakeSite, sign_in: SignIn
) -> None:
    site = new_site("people:1")
    user = sign_in("user", site.tenant.id, extension_id=add(site, 2004))
    first = shown(user.post(f"{MINE}/new", {"name": "Desk"}))
    device = Device.objects.of(site.tenant.id).get()

    renamed = user.post(f"{MINE}/{device.pk}/rename", {"name": "Kitchen"}, follow=True)
    second = shown(user.post(f"{MINE}/{device.pk}/renew"))
    before = Device.objects.of(site.tenant.id).get().ha1
    out = user.post(f"{MINE}/{device.pk}/sign-out", follow=True)
    after = Device.objects.of(site.tenant.id).get().ha1
    removed = user.post(f"{MINE}/{device.pk}/remove", follow=True)

    assert "is called “Kitchen” now" in renamed.content.decode()
    assert second["password"] != first["password"]
    assert "“Kitchen” is signed out" in out.content.decode()
    assert after != before
    assert "“Kitchen” is removed" in removed.content.decode()
    assert not Device.objects.of(site.tenant.id).exists()


def test_a_colleagues_phone_is_as_one_that_is_not_there(
    new_site: MakeSite, sign_in: SignIn
) -> None:
    site = new_site("people:1")
    mine, theirs = add(site, 2004), add(site, 2005, "Bernd")
    sign_in("user", site.tenant.id, extension_id=theirs).post(f"{MINE}/new", {"name": "His"})
    device = Device.objects.of(site.tenant.id).get()
    user = sign_in("user", site.tenant.id, extension_id=mine)

    for action in ("rename", "renew", "sign-out", "remove"):
        found = user.post(f"{MINE}/{device.pk}/{action}", {"name": "Mine"})
        missing = user.post(f"{MINE}/987654321/{action}", {"name": "Mine"})
        assert found.status_code == missing.status_code == 404
    unchanged = Device.objects.of(site.tenant.id).get()
    assert (unchanged.name, unchanged.ha1) == (device.name, device.ha1)
    assert "His" not in text(user, MINE)


def test_administrators_look_after_the_phones_of_an_extension(
    new_site: MakeSite, sign_in: SignIn, machine: Machine
) -> None:
    site = new_site("people:1")
    anna, bernd = add(site, 2004), add(site, 2005, "Bernd")
    admin = sign_in("administrator", site.tenant.id)
    page = f"/t/contoso/extensions/{anna}"
    assert "No desk phone is set up" in text(admin, page)

    typed = shown(admin.post(f"{page}/phones/new", {"name": "Reception"}))
    device = Device.objects.of(site.tenant.id).get()
    register(machine, site, 2004, device.username)

    assert typed["user name"] == "2004"
    assert "Reception" in text(admin, page)
    assert "Reachable" in text(admin, page)
    wrong = f"/t/contoso/extensions/{bernd}/phones/{device.pk}"
    assert admin.post(f"{wrong}/remove").status_code == 404
    assert admin.post(f"{page}/phones/{device.pk}/renew").status_code == 200
    assert admin.post(f"{page}/phones/{device.pk}/remove").status_code == 302
    assert not Device.objects.of(site.tenant.id).exists()


def test_a_phone_of_another_domain_asks_for_a_new_password(
    new_site: MakeSite, sign_in: SignIn
) -> None:
    site = new_site("people:1")
    user = sign_in("user", site.tenant.id, extension_id=add(site, 2004))
    user.post(f"{MINE}/new", {"name": "Desk"})
    Device.objects.of(site.tenant.id).update(realm="old.example")

    assert "Password no longer valid" in text(user, MINE)


def test_without_an_extension_there_are_no_phones(new_site: MakeSite, sign_in: SignIn) -> None:
    site = new_site("people:1")
    admin = sign_in("administrator", site.tenant.id)

    assert "has no extension here" in text(admin, MINE)
    assert admin.post(f"{MINE}/new", {"name": "Desk"}).status_code == 404


def test_who_can_be_called_stands_in_the_lists(
    new_site: MakeSite, sign_in: SignIn, machine: Machine
) -> None:
    site = new_site("people:1")
    anna = add(site, 2004)
    add(site, 2005, "Bernd")
    register(machine, site, 2005, "w" + "a" * 20)

    for client, address in (
        (sign_in("user", site.tenant.id, extension_id=anna), "/t/contoso/colleagues"),
        (sign_in("administrator", site.tenant.id), "/t/contoso/extensions"),
    ):
        page = text(client, address)
        rows = {
            name: row for row in page.split("<tr>") for name in ("Anna", "Bernd") if name in row
        }
        assert "No phone signed in" in rows["Anna"]
        assert "Reachable" in rows["Bernd"]


def test_a_number_is_called_with_a_click_by_whoever_has_an_extension(
    new_site: MakeSite, sign_in: SignIn
) -> None:
    site = new_site("people:1")
    anna = add(site, 2004)
    add(site, 2005, "Bernd")

    user = text(sign_in("user", site.tenant.id, extension_id=anna), "/t/contoso/colleagues")
    admin = text(sign_in("administrator", site.tenant.id), "/t/contoso/extensions")

    assert 'data-call="2005" data-phone="/phone/"' in user
    assert "data-call" not in admin


def test_the_page_takes_as_many_queries_for_many_phones_as_for_one(
    new_site: MakeSite, sign_in: SignIn, machine: Machine
) -> None:
    site = new_site("people:1")
    user = sign_in("user", site.tenant.id, extension_id=add(site, 2004))
    counts = []
    for some in (1, 6):
        for count in range(some):
            user.post(f"{MINE}/new", {"name": f"Phone {some} {count}"})
        for device in Device.objects.of(site.tenant.id).filter(name__startswith=f"Phone {some}"):
            register(machine, site, 2004, device.username)
        with CaptureQueriesContext(connection) as asked:
            user.get(MINE)
        counts.append(len(asked))
    assert len(set(counts)) == 1, counts


def test_another_sip_domain_is_asked_about_when_phones_sign_in_with_it(
    new_site: MakeSite, sign_in: SignIn
) -> None:
    site = new_site("people:1")
    user = sign_in("user", site.tenant.id, extension_id=add(site, 2004))
    user.post(f"{MINE}/new", {"name": "Desk"})
    provider = sign_in("system")
    page = "/system/tenants/contoso/edit"
    settings = {
        "name": "Contoso",
        "sip_domain": "other.example",
        "time_zone": site.tenant.time_zone,
        "country": site.tenant.country,
        "first_extension": str(site.tenant.first_extension),
        "last_extension": str(site.tenant.last_extension),
        "reserved_numbers": "112",
    }

    asked = provider.post(page, settings).content.decode()
    unchanged = get_tenant("contoso").sip_domain
    done = provider.post(page, {**settings, "phones": "on"}, follow=True).content.decode()

    assert "1 desk phone signs in with the present SIP domain" in asked
    assert unchanged == "contoso.example"
    assert "are saved" in done
    assert get_tenant("contoso").sip_domain == "other.example"
    assert "Password no longer valid" in text(user, MINE)
