"""Send mails: the server's settings, what this machine trusts, and the queue, put together."""

import ssl
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from django.utils.translation import gettext as _

from rollcall.audit.operations import note
from rollcall.core.errors import SetupError
from rollcall.core.ports import Clock
from rollcall.mail.addresses import checked_address
from rollcall.mail.delivery import DeliveryError, Mail, Server, open_session
from rollcall.mail.operations import open_mail_server
from rollcall.mail.outbox import (
    Claimed,
    claim_due,
    give_up_unserved,
    note_refused,
    note_sent,
    put_back,
)
from rollcall.providers.http.client import trust_store
from rollcall.wiring.machine import Machine, utc_now

Stop = Callable[[], bool]


def never() -> bool:
    """Say that nobody wants the sender to stop."""
    return False


def send_waiting(machine: Machine, *, clock: Clock = utc_now, stop: Stop = never) -> int:
    """Send what is due, until nothing is; return how many were sent.

    Ends at the first trouble that is the server's: the next mail would fare no better. Raises
    DeliveryError then, after the mails in hand were put back.
    """
    server = open_mail_server(machine.key_ring())
    if server is None:
        give_up_unserved(now=clock())
        return 0
    trust = _trust(machine)
    sent = 0
    while not stop() and (batch := claim_due(now=clock())):
        sent += _send_batch(server, trust, batch, clock=clock, stop=stop)
    return sent


def _send_batch(
    server: Server, trust: ssl.SSLContext, batch: list[Claimed], *, clock: Clock, stop: Stop
) -> int:
    sent = 0
    left = list(batch)
    try:
        with open_session(server, trust=trust) as session:
            while left and not stop():
                claimed = left[0]
                try:
                    session.send(claimed.mail, now=clock())
                except DeliveryError as error:
                    if error.of_server:
                        raise
                    note_refused(claimed, error, now=clock())
                else:
                    note_sent(claimed, now=clock())
                    sent += 1
                left.pop(0)
    except DeliveryError as error:
        for claimed in left:
            note_refused(claimed, error, now=clock())
        raise
    for claimed in left:
        put_back(claimed)
    return sent


def send_test_mail(machine: Machine, *, to: str, actor: str) -> str:
    """Send a mail at once; return what the server answered. Raises SetupError with its words.

    No transaction may be open: this talks with another machine.
    """
    address = checked_address(to)
    server = open_mail_server(machine.key_ring())
    if server is None:
        raise SetupError(
            _("No mail server is set yet: save its settings first."),
            code="no-mail-server",
            help_page="mail.md",
        )
    mail = Mail(
        to=address,
        subject=_("A test mail from Rollcall"),
        text=_("Rollcall can send mails. Somebody asked for this one to see it; nothing is wrong.")
        + "\n",
        message_id=str(uuid4()),
    )
    try:
        with open_session(server, trust=_trust(machine)) as session:
            answer = session.send(mail, now=utc_now())
    except DeliveryError as error:
        raise SetupError(str(error), code="mail-refused", help_page="mail.md") from error
    note(actor=actor, action="mail.tested")
    return answer


def _trust(machine: Machine) -> ssl.SSLContext:
    bundle = machine.environment.ca_bundle
    return trust_store((bundle,) if isinstance(bundle, Path) else ())
