"""Mails go to a real server: each once, later if it must be, and with a reason if it cannot."""

import threading
from pathlib import Path

import pytest
from django.db import connection

from rollcall.core.errors import SetupError
from rollcall.mail.delivery import DeliveryError
from rollcall.mail.operations import retry_failed, retry_mail, send_mail
from rollcall.mail.outbox import (
    KEPT,
    LEASE,
    RETRIES,
    UNSERVED,
    claim_due,
    forget_old,
    give_up_restored,
)
from rollcall.mail.queries import count_outbox, list_outbox
from rollcall.wiring.machine import Machine
from rollcall.wiring.mail import send_test_mail, send_waiting
from tests.clocks import FixedClock
from tests.integration.mail.conftest import NewHost, set_server, trusting
from tests.integration.mail.server import PASSWORD, USER, MailHost

ADA, BOB = "ada@rollcall.example", "bob@rollcall.example"


def queue(*to: str, subject: str = "Hello", text: str = "Text\n") -> None:
    for each in to or (ADA,):
        send_mail(to=each, subject=subject, text=text, tenant_id=None, kind="test")


def states() -> dict[str, int]:
    found = count_outbox()
    return {"waiting": found.waiting, "failed": found.failed, "sent": found.sent}


def later(**span: float) -> FixedClock:
    clock = FixedClock()
    clock.forward(**span)
    clock.forward(seconds=1)
    return clock


def refused(machine: Machine, clock: FixedClock) -> str:
    with pytest.raises(DeliveryError) as caught:
        send_waiting(machine, clock=clock)
    return str(caught.value)


def test_a_mail_arrives_as_it_should_look(machine: Machine, host: MailHost) -> None:
    text = "Grüße an 山田\n.\n..two dots\n" + "x" * 2000 + "\n"
    queue(subject="Zertifikat läuft ab – 7 days", text=text)

    assert send_waiting(machine, clock=later()) == 1

    (mail,) = host.mails
    assert str(mail["From"]) == "Rollcall <pbx@rollcall.example>"
    assert (mail["To"], mail["Subject"]) == (ADA, "Zertifikat läuft ab – 7 days")
    assert (mail["Auto-Submitted"], mail["Date"] is None) == ("auto-generated", False)
    assert str(mail["Message-ID"]).endswith("@rollcall.example>")
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().replace("\r\n", "\n") == text
    assert max(map(len, host.raw[0].split(b"\r\n"))) < 999
    assert states() == {"waiting": 0, "failed": 0, "sent": 1}


def test_nothing_in_a_mail_becomes_a_header(machine: Machine, host: MailHost) -> None:
    queue("eve@evil.example\nBcc: bob@rollcall.example", subject="A\r\nBcc: bob@rollcall.example")
    queue(subject="A\r\nBcc: bob@rollcall.example")

    send_waiting(machine, clock=later())

    assert host.to() == [ADA]
    assert host.mails[0]["Bcc"] is None
    assert states() == {"waiting": 0, "failed": 1, "sent": 1}
    assert "not an address" in list_outbox("failed", limit=9)[0].reason


def test_of_a_mail_that_was_sent_no_text_is_kept(machine: Machine, host: MailHost) -> None:
    queue(text="https://localhost/reset/secret")
    send_waiting(machine, clock=later())

    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM mail_outgoingmail")
        assert cursor.fetchall() == [("",)]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_is_spoken_to_encrypted_and_signed_in(
    machine: Machine, new_host: NewHost, tmp_path: Path, security: str
) -> None:
    host = new_host(security=security, signed_in=True)
    set_server(machine, host, security=security, user=USER, password=PASSWORD)
    queue()

    assert "is not trusted" in refused(machine, later())
    assert host.mails == []
    assert send_waiting(trusting(machine, tmp_path / "ca.pem"), clock=later(minutes=5)) == 1
    assert host.to() == [ADA]


def test_a_server_without_starttls_gets_nothing(machine: Machine, new_host: NewHost) -> None:
    host = new_host()
    set_server(machine, host, security="starttls")
    queue()

    assert "offers no STARTTLS" in refused(machine, later())
    assert host.mails == []


def test_a_wrong_password_is_told_in_the_servers_words_and_does_not_show(
    machine: Machine, new_host: NewHost
) -> None:
    host = new_host(signed_in=True)
    set_server(machine, host, user=USER, password="not it at all")
    queue()

    sentence = refused(machine, later())

    assert f"did not let us sign in as {USER}: it answered “535 5.7.8" in sentence
    assert "not it at all" not in sentence
    assert states()["waiting"] == 1
    set_server(machine, host, user=USER, password=PASSWORD)
    assert send_waiting(machine, clock=later()) == 1


def test_a_server_that_is_down_is_tried_again_and_then_given_up(
    machine: Machine, host: MailHost
) -> None:
    set_server(machine, MailHost(port=1))
    queue()
    clock = later()

    for span in RETRIES:
        assert "Nothing listens at localhost:1" in refused(machine, clock)
        assert send_waiting(machine, clock=clock) == 0
        (mail,) = list_outbox("waiting", limit=9)
        assert mail.next_at == clock() + span
        clock.forward(seconds=span.total_seconds())
    refused(machine, clock)

    (mail,) = list_outbox("failed", limit=9)
    assert (mail.attempts, mail.reason) == (
        len(RETRIES) + 1,
        "Nothing listens at localhost:1: it refused the connection.",
    )
    set_server(machine, host)
    assert retry_failed(actor="test", now=clock()) == 1
    assert send_waiting(machine, clock=clock) == 1


def test_an_answer_decides_whether_a_mail_comes_again(machine: Machine, host: MailHost) -> None:
    host.answers = {ADA: "550 5.1.1 No such user", BOB: "451 4.7.1 Greylisted"}
    queue(ADA, BOB, "cy@rollcall.example")

    assert send_waiting(machine, clock=later()) == 1

    assert host.to() == ["cy@rollcall.example"]
    (failed,) = list_outbox("failed", limit=9)
    (waiting,) = list_outbox("waiting", limit=9)
    assert failed.reason == f"localhost:{host.port} answered “550 5.1.1 No such user”."
    assert "451 4.7.1 Greylisted" in waiting.reason
    host.answers = {}
    assert send_waiting(machine, clock=later(minutes=5)) == 1
    assert retry_mail(failed.id, actor="test", now=later()())
    assert send_waiting(machine, clock=later(minutes=1)) == 1
    assert host.to() == ["cy@rollcall.example", BOB, ADA]


def test_a_sender_that_the_server_refuses_is_the_servers_trouble(
    machine: Machine, host: MailHost
) -> None:
    host.answers = {"from:pbx@rollcall.example": "553 5.7.1 Not yours"}
    queue(ADA, BOB)

    assert "553 5.7.1 Not yours" in refused(machine, later())
    assert states() == {"waiting": 2, "failed": 0, "sent": 0}


def test_two_senders_send_each_mail_once(machine: Machine, host: MailHost) -> None:
    addresses = [f"person{number}@rollcall.example" for number in range(60)]
    queue(*addresses)

    def send() -> None:
        send_waiting(machine, clock=later())
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(host.to()) == sorted(addresses)
    assert states() == {"waiting": 0, "failed": 0, "sent": 60}


def test_what_a_dead_sender_had_in_hand_is_sent_by_another(
    machine: Machine, host: MailHost
) -> None:
    queue(ADA, BOB)
    clock = later()
    assert len(claim_due(now=clock())) == 2

    assert send_waiting(machine, clock=clock) == 0
    clock.forward(seconds=LEASE.total_seconds() + 1)
    assert send_waiting(machine, clock=clock) == 2


def test_without_a_mail_server_a_mail_waits_a_day(machine: Machine) -> None:
    queue()

    assert send_waiting(machine, clock=later()) == 0
    assert states()["waiting"] == 1
    assert send_waiting(machine, clock=later(seconds=UNSERVED.total_seconds())) == 0
    assert list_outbox("failed", limit=9)[0].reason == "No mail server was set."


def test_old_mails_are_forgotten_in_the_end(machine: Machine, host: MailHost) -> None:
    queue(ADA)
    send_waiting(machine, clock=later())
    queue(BOB)

    assert forget_old(now=later(days=1)()) == 0
    assert forget_old(now=later(seconds=KEPT.total_seconds())()) == 1
    assert states() == {"waiting": 1, "failed": 0, "sent": 0}


def test_what_waits_in_a_restored_database_is_not_sent_again(
    machine: Machine, host: MailHost
) -> None:
    queue()

    assert give_up_restored(now=later()()) == 1
    assert send_waiting(machine, clock=later(days=1)) == 0
    assert "A backup was restored" in list_outbox("failed", limit=9)[0].reason


def test_a_test_mail_tells_what_the_server_answered(machine: Machine, host: MailHost) -> None:
    assert send_test_mail(machine, to=f" {ADA} ", actor="test") == "250 Taken as 4711"
    assert host.to() == [ADA]

    host.answers = {BOB: "550 5.1.1 No such user"}
    with pytest.raises(SetupError, match=r"answered “550 5.1.1 No such user”"):
        send_test_mail(machine, to=BOB, actor="test")
    with pytest.raises(SetupError, match="is not a mail address"):
        send_test_mail(machine, to="bob", actor="test")
