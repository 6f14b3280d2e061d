"""`rollcall mail` at the server's shell, and the scheduler that sends."""

import io
import os
import signal
import threading
from pathlib import Path

import pytest
from psycopg import connect

from rollcall.mail.operations import send_mail
from tests.databases import point_django
from tests.integration.commands.conftest import office, open_office
from tests.integration.commands.office import Office
from tests.integration.host.machine import wait_until
from tests.integration.mail.conftest import NewHost
from tests.integration.mail.server import PASSWORD, USER

__all__ = ["office", "open_office"]

ADA = "ada@rollcall.example"
SECONDS = 20


def set_local(office: Office, port: int, *more: str) -> None:
    words = ("--host", "localhost", "--port", str(port), "--security", "none")
    office.done("mail", "set", *words, "--sender", "pbx@rollcall.example", *more)


def test_the_mail_server_is_set_shown_and_tried(
    office: Office, new_host: NewHost, tmp_path: Path
) -> None:
    host = new_host()
    file = tmp_path / "password.txt"
    file.write_text(f"{PASSWORD}\n")

    set_local(office, host.port, "--notify", "ops@a.example", "--notify", "noc@a.example")
    office.done("mail", "set", "--user", USER, "--password-file", file, "--sender-name", "Phones")
    shown = office.asked("mail", "show")

    server = shown["server"]
    assert (server["host"], server["port"], server["user"]) == ("localhost", host.port, USER)
    assert server["notice_addresses"] == ["ops@a.example", "noc@a.example"]
    assert server["password_at"] is not None
    assert PASSWORD not in office.done("mail", "show").out
    office.done("mail", "set", "--user", "", "--notify", "")
    shown = office.asked("mail", "show")["server"]
    assert (shown["password_at"], shown["notice_addresses"]) == (None, [])

    assert office.asked("mail", "test", "--to", ADA) == {"to": ADA, "answer": "250 Taken as 4711"}
    host.answers = {ADA: "550 5.1.1 No such user"}
    assert "answered “550 5.1.1 No such user”" in office.refused("mail", "test", "--to", ADA)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--host", "a b"), "is not the name of a server"),
        (("--sender", "pbx"), "is not a mail address"),
        (("--port", "0"), "from 1 to 65535"),
        (("--host", "mail.a.example"), "on this machine only"),
        (("--notify", "ops"), "“ops” is not a mail address"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_set(
    office: Office, words: tuple[str, ...], sentence: str
) -> None:
    set_local(office, 25)
    before = office.asked("mail", "show")

    assert sentence in office.refused("mail", "set", *words)
    assert office.asked("mail", "show") == before


def test_a_password_comes_from_standard_input(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_local(office, 25)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))

    office.done("mail", "set", "--user", USER, "--password-file", "-")

    assert office.asked("mail", "show")["server"]["password_at"] is not None


def test_a_scheduler_that_is_killed_while_it_sends_loses_no_mail(
    office: Office, new_host: NewHost
) -> None:
    host = new_host()
    set_local(office, host.port, "--user", "")
    point_django(office.conninfo)
    host.gate = threading.Event()
    send_mail(to=ADA, subject="Once", text="x", tenant_id=None, kind="test")

    first = office.program.start("scheduler")
    try:
        wait_until(lambda: host.to() == [ADA], seconds=SECONDS)
    finally:
        os.killpg(first.pid, signal.SIGKILL)
        first.communicate()
    host.gate.set()
    with connect(office.conninfo, autocommit=True) as database:
        state = 'SELECT state FROM mail_outgoingmail WHERE "to" = %s ORDER BY id DESC LIMIT 1'
        assert database.execute(state, [ADA]).fetchone() == ("waiting",)
        database.execute("UPDATE mail_outgoingmail SET claimed_until = now() - interval '1 second'")

        second = office.program.start("scheduler")
        try:
            wait_until(
                lambda: database.execute(state, [ADA]).fetchone() == ("sent",), seconds=SECONDS
            )
        finally:
            os.killpg(second.pid, signal.SIGTERM)
            second.communicate(timeout=SECONDS)

    assert host.to() == [ADA, ADA]
    assert len({mail["Message-ID"] for mail in host.mails}) == 1
    assert second.returncode == 0
