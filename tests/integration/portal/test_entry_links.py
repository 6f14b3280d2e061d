"""Links that work once: the first set-up, invitations, forgotten passwords, sign-in."""

from datetime import timedelta
from functools import partial

import psycopg
import pytest
from django.test import Client
from django.urls import reverse

from rollcall.accounts.arrivals import make_account_link, needs_set_up, send_invitation
from rollcall.accounts.links import Purpose, forget_links, make_link
from rollcall.accounts.operations import disable_account
from rollcall.integrations.sign_in import enforcing_tenants
from rollcall.web.addresses import PATHS, address_of_link
from rollcall.wiring.machine import Machine, utc_now
from tests.integration.portal.arrival import (
    ELSE,
    EMAIL,
    PASSWORD,
    audited,
    cookie_of,
    give_device,
    is_in,
    links_in,
    mails,
    new_account,
    new_tenant,
    set_mail_server,
    sign_in_by,
)
from tests.integration.portal.conftest import make_client

TWICE = {"password": PASSWORD, "again": PASSWORD}
GONE = "This link does not work any more"


def link_to(purpose: Purpose, account_id: int | None = None) -> str:
    """Return the path of a new link."""
    if account_id is None:
        token = make_link(purpose, now=utc_now())
    else:
        token = make_account_link(account_id, purpose, actor="test", now=utc_now())
    return PATHS[purpose] + token


def expire(conninfo: str) -> None:
    """Let all links be too old."""
    with psycopg.connect(conninfo) as connection:
        connection.execute("UPDATE accounts_onetimelink SET expires_at = now() - interval '1s'")


def test_the_first_system_administrator_comes_by_the_link_of_the_console(
    nobody: Client, conninfo: str
) -> None:
    path, second = link_to(Purpose.SET_UP), link_to(Purpose.SET_UP)
    assert needs_set_up()

    assert "Welcome" in nobody.get(path).content.decode()
    bad = nobody.post(path, {"email": "ada", "name": "Ada", **TWICE}).content.decode()
    weak = {"email": EMAIL, "name": "Ada", "password": "short", "again": "other"}
    page = nobody.post(path, weak).content.decode()
    assert "is not a mail address" in bad
    assert "This is not the same password" in page
    answer = nobody.post(path, {"email": EMAIL, "name": "Ada", **TWICE})
    assert answer["Location"] == "/sign-in/second-factor/set-up"
    assert not needs_set_up()
    for used in (path, second):
        assert nobody.get(used).status_code == 404
        assert nobody.post(used, {"email": "b@b.example", **TWICE}).status_code == 404
    assert [row[1] for row in audited(conninfo, "account.added")] == ["set-up link"]


def test_a_set_up_link_is_worth_nothing_once_there_is_an_administrator(nobody: Client) -> None:
    path = link_to(Purpose.SET_UP)
    new_account("system")

    assert nobody.get(path).status_code == 404
    assert nobody.post(path, {"email": "b@b.example", **TWICE}).status_code == 404


def test_who_is_invited_gets_a_mail_and_chooses_a_password(
    nobody: Client, machine: Machine, conninfo: str
) -> None:
    tenant = new_tenant(name="Contoso <b>&</b> Söhne " + "x" * 150)
    account = new_account(tenant_id=tenant.id, password="")
    address = partial(address_of_link, machine.environment)
    send_invitation(account, address=address, actor="root", now=utc_now())
    ((to, text),) = mails(conninfo)
    (path,) = links_in(text)

    page = nobody.get(path).content.decode()
    assert to == EMAIL
    assert tenant.name in text or "seven days" in text
    assert "&lt;b&gt;" in page
    assert EMAIL in page
    assert sign_in_by(nobody) == ""
    weak = nobody.post(path, {"name": "Ada", "password": "password1234", "again": "password1234"})
    assert "tried first" in weak.content.decode()
    answer = nobody.post(path, {"name": "Ada L.", **TWICE})
    assert answer["Location"] == "/"
    assert is_in(nobody)
    assert "Ada L." in nobody.get("/account/").content.decode()
    assert GONE in nobody.get(path).content.decode()
    made = audited(conninfo, "account.link_made")
    assert made == [(tenant.id, "root", {"purpose": "invitation"})]


def test_a_forgotten_password_is_changed_by_a_link_that_ends_all_sessions(
    nobody: Client, machine: Machine, conninfo: str
) -> None:
    tenant = new_tenant()
    new_account(tenant_id=tenant.id)
    root = new_account("system", password=ELSE)
    give_device(machine, root)
    sign_in_by(nobody)
    session = cookie_of(nobody)
    visitor = make_client(machine)
    set_mail_server(conninfo)

    assert visitor.post("/forgot", {"email": EMAIL.upper()})["Location"] == "/forgot/sent"
    ((to, text),) = mails(conninfo)
    first, second = links_in(text)
    assert to == EMAIL
    assert "Contoso" in text
    assert "System administration" in text
    assert "https://localhost:8443/reset/" in text
    assert visitor.get(first).status_code == 200
    new = "another password for contoso"
    assert visitor.post(first, {"password": new, "again": new})["Location"] == "/t/contoso/sign-in"
    assert "Your password is changed" in visitor.get("/t/contoso/sign-in").content.decode()
    assert cookie_of(nobody) == session
    assert not is_in(nobody)
    assert visitor.get(first).status_code == 404
    assert sign_in_by(visitor) == ""
    assert sign_in_by(visitor, password=new) == "/"
    assert visitor.get(second).status_code == 200, "of the other account"
    visitor.post(second, {"password": new, "again": new})
    visitor.post("/sign-out")
    answer = visitor.post("/sign-in", {"email": EMAIL, "password": new})
    assert "Where do you want to go" in answer.content.decode()


def test_a_second_factor_stays_when_the_password_is_forgotten(
    nobody: Client, machine: Machine
) -> None:
    account = new_account("system")
    give_device(machine, account)
    path = link_to(Purpose.RESET, account)

    assert nobody.post(path, {"password": ELSE, "again": ELSE})["Location"] == "/sign-in"
    assert sign_in_by(nobody, password=ELSE) == "/sign-in/second-factor"


def test_nobody_learns_from_the_forgotten_password_whether_there_is_an_account(
    nobody: Client, conninfo: str
) -> None:
    disabled = new_account("system", email="gone@rollcall.example")
    new_account("system")
    disable_account(disabled, actor="test", enforced=enforcing_tenants, now=utc_now())
    set_mail_server(conninfo)

    answers = [
        nobody.post("/forgot", {"email": email})
        for email in ("nobody@rollcall.example", "gone@rollcall.example", "no address", EMAIL)
    ]

    assert {(each.status_code, each["Location"]) for each in answers} == {(302, "/forgot/sent")}
    assert [to for to, _ in mails(conninfo)] == [EMAIL]


def test_nobody_is_flooded_with_mails(nobody: Client, conninfo: str) -> None:
    new_account("system")
    set_mail_server(conninfo)

    for _ in range(6):
        assert nobody.post("/forgot", {"email": EMAIL}).status_code == 302

    assert len(mails(conninfo)) == 3


def test_a_server_without_mail_says_so_and_who_helps(nobody: Client, conninfo: str) -> None:
    new_account("system")

    page = nobody.post("/forgot", {"email": EMAIL}).content.decode()

    assert "sends no mail yet" in page
    assert mails(conninfo) == []


@pytest.mark.parametrize("purpose", [Purpose.INVITATION, Purpose.RESET, Purpose.SIGN_IN])
def test_a_link_ends_by_time_or_with_its_account_and_is_good_for_one_thing(
    nobody: Client, conninfo: str, purpose: Purpose
) -> None:
    new_account("system", email="other@rollcall.example")
    account = new_account("system")
    path, token = link_to(purpose, account), ""
    token = path.rpartition("/")[2]

    assert nobody.get(path).status_code == 200
    for other in ("/set-up/", "/invitation/", "/reset/", "/sign-in/link/"):
        if not path.startswith(other):
            assert nobody.get(other + token).status_code == 404
    disable_account(account, actor="test", enforced=enforcing_tenants, now=utc_now())
    assert nobody.get(path).status_code == 404
    path = link_to(purpose, new_account("system", email="third@rollcall.example"))
    expire(conninfo)
    assert nobody.get(path).status_code == 404
    assert nobody.post(path, TWICE).status_code == 404
    assert forget_links(now=utc_now() + timedelta(days=8)) >= 1


def test_a_sign_in_link_signs_in_when_the_button_is_pressed(
    nobody: Client, machine: Machine
) -> None:
    path = link_to(Purpose.SIGN_IN, new_account("system"))

    for _ in range(2):
        assert EMAIL in nobody.get(path).content.decode()
    assert not is_in(nobody), "opening it changes nothing"
    assert nobody.post(path)["Location"] == "/"
    assert is_in(nobody), "without a second factor: it was made at the server's shell"
    assert make_client(machine).post(path).status_code == 404


def test_links_are_made_of_the_settings_and_never_of_the_request(
    machine: Machine, nobody: Client
) -> None:
    import msgspec

    from rollcall.environment import HostPort

    with_domain = msgspec.structs.replace(
        machine.environment, web_domain=HostPort("pbx.example.com", 443)
    )
    plain = msgspec.structs.replace(machine.environment, https=False)

    address = address_of_link(with_domain, Purpose.RESET, "abc")
    assert address == "https://pbx.example.com/reset/abc"
    assert address_of_link(plain, Purpose.SET_UP, "abc") == "http://localhost:8443/set-up/abc"


def test_the_path_of_a_link_is_that_of_its_page() -> None:
    pages = {
        Purpose.SET_UP: ("set-up", "set_up"),
        Purpose.INVITATION: ("invitation", "invitation"),
        Purpose.RESET: ("reset", "reset"),
        Purpose.SIGN_IN: ("sign-in-by-link", "link"),
    }

    assert pages.keys() == PATHS.keys()
    for purpose, (name, takes) in pages.items():
        assert PATHS[purpose] + "x" == reverse(name, kwargs={takes: "x"})
