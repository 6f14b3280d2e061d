"""One conversation with the mail server: what goes in is a mail, what comes out is what it said.

No database, no queue. Every wait has an end. What the server answered is told word for word, but
for the password, should it stand in there.
"""

import base64
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

import msgspec
from django.utils.translation import gettext as _

from rollcall.credentials.secret import Secret

STEP_SECONDS: Final = 20.0
"""So long the server may take for each of its answers, and"""

MAIL_SECONDS: Final = 60.0
"""so long for all of a mail: then the connection is cut."""

PERMANENT: Final = 500
LONGEST_REASON: Final = 500


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """The mail server, and in whose name it is spoken to."""

    host: str
    port: int
    security: str
    user: str
    password: Secret | None
    sender: str
    sender_name: str

    @property
    def place(self) -> str:
        """Where it is, as people write it."""
        return f"{self.host}:{self.port}"


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail to be handed over. `message_id` stays the same however often it is tried."""

    to: str
    subject: str
    text: str
    message_id: str


class DeliveryError(Exception):
    """The server did not take a mail; `str()` says why.

    `again`: it may take it later. `of_server`: it would take no other mail, either.
    """

    def __init__(self, reason: str, *, again: bool = True, of_server: bool = False) -> None:
        super().__init__(reason[:LONGEST_REASON])
        self.again = again
        self.of_server = of_server


class Session:
    """An open connection to the mail server, signed in."""

    def __init__(self, server: Server, smtp: smtplib.SMTP) -> None:
        self._server = server
        self._smtp = smtp

    def send(self, mail: Mail, *, now: datetime) -> str:
        """Hand a mail over; return what the server answered. Raises DeliveryError."""
        message = to_message(self._server, mail, now=now)
        with _deadline(self._smtp), _told(self._server):
            try:
                answer = self._hand_over(message, mail.to)
            except smtplib.SMTPResponseException as error:
                self._begin_anew()
                raise _refusal(self._server, error.smtp_code, error.smtp_error) from error
        return answer

    def _hand_over(self, message: EmailMessage, to: str) -> str:
        smtp, sender = self._smtp, self._server.sender
        options = [] if (to + sender).isascii() else ["SMTPUTF8", "BODY=8BITMIME"]
        if options and not smtp.has_extn("smtputf8"):
            raise DeliveryError(
                _("The mail server takes no addresses with letters beyond A to Z."), again=False
            )
        code, said = smtp.mail(sender, options)
        if code != 250:  # noqa: PLR2004 - RFC 5321: done
            self._begin_anew()
            raise _refusal(self._server, code, said, of_server=True)
        code, said = smtp.rcpt(to)
        if code not in {250, 251}:
            raise smtplib.SMTPResponseException(code, said)
        policy = SMTP.clone(utf8=bool(options))
        code, said = smtp.data(message.as_bytes(policy=policy))
        if code != 250:  # noqa: PLR2004 - the same
            raise smtplib.SMTPResponseException(code, said)
        return _answer(self._server, code, said)

    def _begin_anew(self) -> None:
        with suppress(smtplib.SMTPServerDisconnected):
            self._smtp.rset()


@contextmanager
def open_session(server: Server, *, trust: ssl.SSLContext) -> Iterator[Session]:
    """Connect, encrypt, sign in; leave politely afterwards. Raises DeliveryError."""
    with _told(server, of_server=True):
        smtp = _connect(server, trust)
        try:
            with _deadline(smtp):
                _begin(server, smtp, trust)
        except BaseException:
            smtp.close()
            raise
    try:
        yield Session(server, smtp)
    finally:
        with suppress(OSError, smtplib.SMTPException), _deadline(smtp):
            smtp.quit()
        smtp.close()


def _connect(server: Server, trust: ssl.SSLContext) -> smtplib.SMTP:
    name = server.sender.rpartition("@")[2]
    name = name if name.isascii() else "localhost"
    if server.security == "tls":
        return smtplib.SMTP_SSL(
            server.host, server.port, local_hostname=name, timeout=STEP_SECONDS, context=trust
        )
    return smtplib.SMTP(server.host, server.port, local_hostname=name, timeout=STEP_SECONDS)


def _begin(server: Server, smtp: smtplib.SMTP, trust: ssl.SSLContext) -> None:
    smtp.ehlo_or_helo_if_needed()
    if server.security == "starttls":
        if not smtp.has_extn("starttls"):
            raise DeliveryError(
                _(
                    "%(place)s offers no STARTTLS, so nothing was sent to it unencrypted. "
                    "Where it speaks TLS from the start (often at port 465), say so."
                )
                % {"place": server.place},
                of_server=True,
            )
        smtp.starttls(context=trust)
        smtp.ehlo()
    if server.user and server.password is not None:
        smtp.login(server.user, server.password.reveal().decode())


def to_message(server: Server, mail: Mail, *, now: datetime) -> EmailMessage:
    """Return a mail as it goes over the wire. Raises DeliveryError."""
    domain = server.sender.rpartition("@")[2]
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = Address(server.sender_name, addr_spec=server.sender)
        message["To"] = Address(addr_spec=mail.to)
        message["Subject"] = mail.subject
        message["Date"] = format_datetime(now)
        message["Message-ID"] = f"<{mail.message_id}@{domain if domain.isascii() else 'localhost'}>"
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        message.set_content(mail.text, charset="utf-8", cte="quoted-printable")
    except (ValueError, MessageError, IndexError) as error:
        raise DeliveryError(
            _("“%(to)s” is not an address that a mail can be sent to.") % {"to": mail.to},
            again=False,
        ) from error
    return message


@contextmanager
def _deadline(smtp: smtplib.SMTP) -> Iterator[None]:
    """Cut the connection of a server that answers, but without end."""
    timer = threading.Timer(MAIL_SECONDS, _cut, (smtp,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(smtp: smtplib.SMTP) -> None:
    if smtp.sock is not None:
        with suppress(OSError):
            smtp.sock.shutdown(socket.SHUT_RDWR)


@contextmanager
def _told(server: Server, *, of_server: bool = False) -> Iterator[None]:
    """Turn what can go wrong in the block into a sentence about the server."""
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        said = _answer(server, error.smtp_code, error.smtp_error)
        raise DeliveryError(
            _("%(place)s did not let us sign in as %(user)s: it answered “%(said)s”.")
            % {"place": server.place, "user": server.user, "said": said},
            of_server=True,
        ) from error
    except smtplib.SMTPResponseException as error:
        raise _refusal(server, error.smtp_code, error.smtp_error, of_server=of_server) from error
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryError(_trouble(server, error), of_server=True) from error


def _refusal(
    server: Server, code: int, said: bytes | str, *, of_server: bool = False
) -> DeliveryError:
    return DeliveryError(
        _("%(place)s answered “%(said)s”.")
        % {"place": server.place, "said": _answer(server, code, said)},
        again=of_server or code < PERMANENT,
        of_server=of_server,
    )


def _answer(server: Server, code: int, said: bytes | str) -> str:
    """Return the server's words on one line, without the password."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    line = f"{code} {' '.join(text.split())}"
    if server.password is not None:
        plain = server.password.reveal()
        joined = b"\0" + server.user.encode() + b"\0" + plain
        for secret in (plain, base64.b64encode(plain), base64.b64encode(joined)):
            if secret:
                line = line.replace(secret.decode("utf-8", "replace"), "…")
    return line


def _trouble(server: Server, error: Exception) -> str:
    """Say why there is no talking with the server."""
    values = {"place": server.place, "host": server.host}
    match error:
        case socket.gaierror():
            return _("The name %(host)s is not known to this machine's name server.") % values
        case ConnectionRefusedError():
            return _("Nothing listens at %(place)s: it refused the connection.") % values
        case TimeoutError() | smtplib.SMTPServerDisconnected(__context__=TimeoutError()):
            return _("%(place)s did not answer in time.") % values
        case ssl.SSLCertVerificationError():
            return _(
                "The certificate of %(host)s is not trusted: %(why)s. With an authority of your "
                "own, name its file in ca_bundle."
            ) % {**values, "why": error.verify_message}
        case ssl.SSLError():
            return _(
                "%(place)s does not speak TLS as it should (%(why)s). Does it want STARTTLS, or "
                "TLS from the start?"
            ) % {**values, "why": error.reason or "TLS"}
        case smtplib.SMTPServerDisconnected():
            return _("%(place)s ended the connection.") % values
        case smtplib.SMTPNotSupportedError():
            return _("%(place)s takes no user and password.") % values
        case OSError():
            return _("%(place)s cannot be reached (%(why)s).") % {
                **values,
                "why": error.strerror or type(error).__name__,
            }
        case _:
            return _("%(place)s answered what no mail server should.") % values
