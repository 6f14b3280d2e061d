"""A real SMTP server in the process of the tests, which answers as it is told."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography.hazmat.primitives.asymmetric import ec

from tests.pairs import Pair
from tests.ports import free_port

USER, PASSWORD = "rollcall", "correct horse"


@dataclass
class MailHost:
    """What the server got, and what it answers: by recipient, or once for a whole mail.

    While `gate` is there, each mail waits for it after it has arrived.
    """

    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    greeting: str = ""
    gate: threading.Event | None = None
    port: int = 0

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a sender, or answer as told."""
        if answer := self.answers.get(f"from:{address}"):
            return answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, or answer as told."""
        if answer := self.answers.get(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the same
        """Take a mail, or answer as told."""
        if answer := self.answers.get("data"):
            return answer
        content = envelope.original_content or b""
        self.raw.append(content)
        self.mails.append(message_from_bytes(content, policy=policy.default))
        if self.gate is not None:
            while not self.gate.is_set():
                await _nap()
        return "250 Taken as 4711"

    def to(self) -> list[str]:
        """Return who got mails, in their order."""
        return [str(mail["To"]) for mail in self.mails]


async def _nap() -> None:
    import asyncio

    await asyncio.sleep(0.01)


class _Authenticator:
    def __call__(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        right = (
            isinstance(data, LoginPassword)
            and data.login == USER.encode()
            and data.password == PASSWORD.encode()
        )
        return AuthResult(success=right, handled=False)


@contextmanager
def mail_host(
    folder: Path, *, security: str = "none", signed_in: bool = False, port: int = 0
) -> Iterator[MailHost]:
    """Run a server for the block: security is none, starttls or tls. Its authority: `ca.pem`."""
    host = MailHost()
    values: dict[str, Any] = {}
    if security != "none":
        context = _context(folder)
        values |= {"ssl_context": context} if security == "tls" else {"tls_context": context}
        values["require_starttls"] = security == "starttls"
    if signed_in:
        starttls = security == "starttls"
        values["authenticator"] = _Authenticator()
        values["auth_required"] = values["auth_require_tls"] = starttls
    controller = _controller(host, port or free_port(), values)
    controller.start()
    host.port = int(controller.port)
    try:
        yield host
    finally:
        controller.stop()


def _controller(host: MailHost, port: int, values: dict[str, Any]) -> Controller:
    return Controller(host, hostname="127.0.0.1", port=port, **values)


def _context(folder: Path) -> ssl.SSLContext:
    pair = Pair(ec.generate_private_key(ec.SECP256R1()), name="localhost")
    certificate, key = folder / "ca.pem", folder / "key.pem"
    certificate.write_bytes(pair.pem)
    key.write_bytes(pair.key_pem())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
