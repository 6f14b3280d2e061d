"""rollcall mail …"""

from collections.abc import Mapping
from typing import Any, TextIO

import click

from rollcall.cli.command import Desk, with_desk
from rollcall.cli.output import cell, console, make_table, plural, print_json, say
from rollcall.credentials.secret import Secret
from rollcall.mail.operations import NewMailServer, set_mail_server
from rollcall.mail.queries import MailServerView, MailStatus, find_mail_server, mail_status
from rollcall.wiring.machine import utc_now
from rollcall.wiring.mail import send_test_mail

FIRST: Mapping[str, Any] = {
    "host": "",
    "port": 587,
    "security": "starttls",
    "user": "",
    "sender": "",
    "sender_name": "Rollcall",
    "notice_addresses": (),
}
"""What stands before anything was set."""

WORDS = {
    "starttls": "STARTTLS",
    "tls": "TLS from the start",
    "none": "not encrypted",
}


@click.group()
def mail() -> None:
    """The mail server that takes notices, invitations and links to new passwords."""


@mail.command("set")
@click.option("--host", metavar="NAME", help="The mail server, such as smtp.company.example.")
@click.option("--port", type=int, help="587 until something else is set.")
@click.option(
    "--security",
    type=click.Choice(["starttls", "tls", "none"]),
    help="starttls until something else is set; tls from the start (port 465); none only for a "
    "server on this machine.",
)
@click.option("--user", metavar="NAME", help="Who signs in; '' for nobody.")
@click.option(
    "--password-file",
    type=click.File("r"),
    metavar="FILE",
    help="File whose first line is the password; - reads standard input.",
)
@click.option("--sender", metavar="ADDRESS", help="The address that mails come from.")
@click.option("--sender-name", metavar="NAME", help="The name before it.")
@click.option(
    "--notify",
    metavar="ADDRESS",
    multiple=True,
    help="Who gets the provider's notices; more than once for more; '' for nobody.",
)
@with_desk
def set_(
    desk: Desk, /, *, password_file: TextIO | None, notify: tuple[str, ...], **options: Any
) -> None:
    """Set the mail server. What is not named stays as it is."""
    known = find_mail_server()
    values: dict[str, Any] = {
        name: getattr(known, name) if known else first for name, first in FIRST.items()
    }
    values |= {name: value for name, value in options.items() if value is not None}
    if notify:
        values["notice_addresses"] = notify
    password = Secret(password_file.readline().rstrip("\r\n").encode()) if password_file else None
    new = NewMailServer(**values, password=password)
    set_mail_server(new, ring=desk.machine.key_ring(), actor=desk.actor, now=utc_now())
    _show(desk, "Saved. Try it: rollcall mail test --to ADDRESS")


@mail.command("show")
@with_desk
def show(desk: Desk) -> None:
    """Show the mail server, and how many mails wait or failed."""
    _show(desk)


def _show(desk: Desk, more: str = "") -> None:
    status = mail_status()
    if desk.as_json:
        print_json(status)
        return
    if status.server is None:
        say("No mail server is set. Set one: rollcall mail set --host NAME --sender ADDRESS")
    else:
        console.print(_table(status.server))
    _tell_outbox(status)
    if more:
        say(more)


def _table(server: MailServerView) -> Any:
    password = f"since {server.password_at:%Y-%m-%d}" if server.password_at else "none"
    table = make_table("setting", "value")
    for name, value in (
        ("server", f"{server.host}:{server.port}, {WORDS[server.security]}"),
        ("user", server.user or "none"),
        ("password", password),
        ("sender", f"{server.sender_name} <{server.sender}>"),
        ("provider's notices", ", ".join(server.notice_addresses) or "nobody"),
    ):
        table.add_row(cell(name), cell(value))
    return table


def _tell_outbox(status: MailStatus) -> None:
    say(
        f"{plural(status.waiting, 'mail waits', 'mails wait')}, {status.failed} failed, "
        f"{status.sent} sent in the last 30 days.",
        "red" if status.failed else "dim",
    )


@mail.command("test")
@click.option("--to", required=True, metavar="ADDRESS", help="Where the mail goes.")
@with_desk
def test(desk: Desk, to: str) -> None:
    """Send a mail at once, and say what the server answered."""
    answer = send_test_mail(desk.machine, to=to, actor=desk.actor)
    if desk.as_json:
        print_json({"to": to.strip(), "answer": answer})
    else:
        say(f"The server took it. It answered: {answer}")
