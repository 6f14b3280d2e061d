"""The provider's page of the mail server: settings, a test, the outbox."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from rollcall.audit.models import AuditEntry
from rollcall.mail.operations import open_mail_server, send_mail
from rollcall.mail.queries import count_outbox, find_mail_server, list_outbox
from rollcall.wiring.machine import Machine
from rollcall.wiring.mail import send_waiting
from tests.integration.conftest import MakeSite
from tests.integration.mail.conftest import NewHost, set_server
from tests.integration.mail.server import PASSWORD, USER, MailHost
from tests.integration.mail.test_sending import ADA, later, queue, refused
from tests.integration.portal.conftest import SignIn, nobody, sign_in

__all__ = ["nobody", "sign_in"]

TYPED = {
    "host": "SMTP.company.example ",
    "port": "587",
    "security": "starttls",
    "user": USER,
    "password": PASSWORD,
    "sender": "pbx@company.example",
    "sender_name": "Phones",
    "notice_addresses": "ops@company.example\nOPS@company.example, noc@company.example",
}


def post(client: Client, **values: str) -> str:
    answer = client.post("/system/mail", {**TYPED, **values}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def provider(sign_in: SignIn) -> Client:
    """Somebody who looks after the whole system."""
    return sign_in("system")


def test_the_page_of_a_new_machine_says_what_it_is_for(provider: Client) -> None:
    page = provider.get("/system/mail").content.decode()

    assert "not set up" in page
    assert "There is none yet" in page
    assert "Send a test mail" not in page


def test_settings_are_kept_and_the_password_is_sealed(machine: Machine, provider: Client) -> None:
    page = post(provider)

    assert "The mail server is saved" in page
    assert PASSWORD not in page
    known = find_mail_server()
    assert known is not None
    assert (known.host, known.port, known.user) == ("smtp.company.example", 587, USER)
    assert known.notice_addresses == ("ops@company.example", "noc@company.example")
    server = open_mail_server(machine.key_ring())
    assert server is not None
    assert server.password is not None
    assert server.password.reveal() == PASSWORD.encode()
    assert AuditEntry.objects.all_tenants().filter(action="mail.server_set").count() == 1

    post(provider, password="", port="465", host="smtp.company.example", security="tls")
    assert find_mail_server() == known


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"host": "not a host"}, "is not the name of a server"),
        ({"host": ""}, "This field is required"),
        ({"port": "70000"}, "less than or equal to 65535"),
        ({"security": "none"}, "to a server on this machine only"),
        ({"sender": "pbx"}, "“pbx” is not a mail address"),
        ({"notice_addresses": "a@b.example nonsense"}, "“nonsense” is not a mail address"),
        ({"notice_addresses": " ".join(f"a{n}@b.example" for n in range(21))}, "20 is the most"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_nothing_is_saved(
    provider: Client, values: dict[str, str], sentence: str
) -> None:
    page = post(provider, **values)

    assert sentence in page
    assert "Nothing was saved" in page
    assert "Phones" in page
    assert find_mail_server() is None


def test_a_password_is_not_carried_to_another_server(machine: Machine, provider: Client) -> None:
    post(provider)

    assert "enter its password" in post(provider, host="evil.example", password="")
    known = find_mail_server()
    assert known is not None
    assert known.host == "smtp.company.example"
    post(provider, host="evil.example", password="", user="")
    server = open_mail_server(machine.key_ring())
    assert server is not None
    assert (server.host, server.password) == ("evil.example", None)


def test_a_test_mail_shows_what_the_server_said(provider: Client, host: MailHost) -> None:
    page = provider.post("/system/mail/test", {"to": ADA}, follow=True).content.decode()
    assert "It answered “250 Taken as 4711”" in page
    assert host.to() == [ADA]

    host.answers = {ADA: "550 5.1.1 <script>No</script>"}
    page = provider.post("/system/mail/test", {"to": ADA}, follow=True).content.decode()
    assert "answered “550 5.1.1 &lt;script&gt;No&lt;/script&gt;”" in page
    page = provider.post("/system/mail/test", {"to": "ada"}, follow=True).content.decode()
    assert "is not a mail address" in page


def test_a_password_never_shows_in_what_a_server_said(
    machine: Machine, provider: Client, new_host: NewHost
) -> None:
    host = new_host(signed_in=True)
    set_server(machine, host, user=USER, password=PASSWORD)
    host.answers = {ADA: f"550 your password is {PASSWORD}"}

    page = provider.post("/system/mail/test", {"to": ADA}, follow=True).content.decode()

    assert "your password is …" in page
    assert PASSWORD not in page


def test_mails_that_failed_show_their_reason_and_are_tried_again(
    machine: Machine, provider: Client, host: MailHost, new_site: MakeSite
) -> None:
    tenant = new_site("people:1").tenant
    host.answers = {ADA: "550 5.1.1 No such user"}
    long = "x" * 300 + " <b>bold</b>"
    send_mail(to=ADA, subject=long, text="secret text", tenant_id=tenant.id, kind="test")

    send_waiting(machine, clock=later())

    page = provider.get("/system/mail").content.decode()
    assert "550 5.1.1 No such user" in page
    assert "1 mail failed" in page
    assert "contoso" in page
    assert "secret text" not in page
    assert "<b>" not in page
    (mail,) = list_outbox("failed", limit=9)
    assert provider.post("/system/mail/retry", {"mail": str(mail.id + 1)}).status_code == 404
    assert provider.post("/system/mail/retry", {"mail": "9" * 40}).status_code == 404
    assert provider.post("/system/mail/retry", {"mail": str(mail.id)}).status_code == 302
    assert count_outbox().waiting == 1
    send_waiting(machine, clock=later(minutes=1))
    page = provider.post("/system/mail/retry", {"mail": "failed"}, follow=True).content.decode()
    assert "1 mail is tried again" in page


def test_mails_that_failed_can_be_forgotten(
    machine: Machine, provider: Client, host: MailHost
) -> None:
    host.answers = {ADA: "550 5.1.1 No such user"}
    queue(ADA)
    send_waiting(machine, clock=later())
    queue(ADA)

    assert "Forget 1 mail that failed?" in provider.get("/system/mail").content.decode()
    page = provider.post("/system/mail/forget", follow=True).content.decode()

    assert "1 mail is forgotten" in page
    assert (count_outbox().failed, count_outbox().waiting) == (0, 1)


def test_a_long_outbox_has_pages(machine: Machine, provider: Client) -> None:
    queue(*(f"person{number}@rollcall.example" for number in range(60)))

    assert "person59@" in provider.get("/system/mail?state=waiting").content.decode()
    page = provider.get("/system/mail?state=waiting&page=2").content.decode()
    assert "person0@" in page
    assert "51–60 of 60" in page
    assert "No mail is in this state" in provider.get("/system/mail?state=sent").content.decode()


def test_a_tenants_administrator_finds_no_such_page(
    new_site: MakeSite, sign_in: SignIn, host: MailHost
) -> None:
    administrator = sign_in("administrator", new_site("people:1").tenant.id)

    assert administrator.get("/system/mail").status_code == 404
    for address in (
        *("/system/mail", "/system/mail/test"),
        *("/system/mail/retry", "/system/mail/forget"),
    ):
        assert administrator.post(address, {"to": ADA}).status_code == 404
    assert host.mails == []


def test_a_server_that_is_mended_gets_what_waits_at_once(
    machine: Machine, provider: Client, host: MailHost
) -> None:
    set_server(machine, MailHost(port=1))
    queue()
    refused(machine, later())
    values = {"host": "localhost", "security": "none", "user": "", "password": ""}

    post(provider, port=str(host.port), **values)

    assert send_waiting(machine, clock=later()) == 1


def test_the_page_asks_the_database_as_often_however_many_mails_there_are(
    provider: Client,
) -> None:
    counts = []
    for number in (1, 70):
        queue(*(f"person{each}@rollcall.example" for each in range(number)))
        with CaptureQueriesContext(connection) as queries:
            provider.get("/system/mail")
        counts.append(len(queries))

    assert counts[0] == counts[1]
