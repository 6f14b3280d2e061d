"""Mails leave from a thread of the scheduler: a slow mail server keeps nothing else waiting.

Any number of schedulers may send at once. What stands in the way is logged when it begins, and
when it is over.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog
from django.db import DatabaseError, InterfaceError, connection

from rollcall.core.errors import SetupError
from rollcall.core.notices import CertificateFacts
from rollcall.core.ports import Clock
from rollcall.environment import Environment
from rollcall.host.certificate import (
    CertificateError,
    certificate_files,
    parse_pair,
    read_files,
)
from rollcall.mail.delivery import DeliveryError
from rollcall.mail.notice_operations import forget_old_notices
from rollcall.mail.outbox import forget_old
from rollcall.wiring.machine import Machine
from rollcall.wiring.mail import send_waiting
from rollcall.wiring.notices import tell_notices

LOOK_EVERY = 3.0
AFTER_TROUBLE = 60.0
"""Seconds between two looks at the outbox; and after the mail server took nothing."""

TELL_EVERY = timedelta(minutes=1)
FORGET_EVERY = timedelta(hours=1)
END_SECONDS = 5.0

_log = structlog.get_logger(__name__)


@contextmanager
def sending(machine: Machine, *, clock: Clock) -> Iterator[None]:
    """Send mails while the block runs."""
    ended = threading.Event()
    post = Post(machine, clock=clock, stop=ended.is_set)
    thread = threading.Thread(target=post.run, args=(ended,), name="post", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(END_SECONDS)


class Post:
    """What is done again and again, and when the rarer things were done last."""

    def __init__(self, machine: Machine, *, clock: Clock, stop: Callable[[], bool]) -> None:
        self._machine = machine
        self._clock = clock
        self._stop = stop
        self._told_at = self._forgot_at = clock() - FORGET_EVERY
        self._trouble = ""

    def run(self, ended: threading.Event) -> None:
        """Go on until told to end."""
        while not ended.wait(self.round()):
            pass
        connection.close()

    def round(self) -> float:
        """Do what is due; return after how many seconds to come again."""
        try:
            self._tell()
            sent = send_waiting(self._machine, clock=self._clock, stop=self._stop)
            if sent:
                _log.info("mail.sent", count=sent)
        except (DeliveryError, SetupError) as error:
            self._note(type(error).__name__, str(error))
            return AFTER_TROUBLE
        except (DatabaseError, InterfaceError) as error:
            self._note(type(error).__name__, "the database did not do it")
            connection.close()
            return LOOK_EVERY
        except Exception:  # noqa: BLE001 - a thread that died would not be missed for days
            _log.exception("mail.broken")
            connection.close()
            return AFTER_TROUBLE
        self._note("", "")
        return LOOK_EVERY

    def _tell(self) -> None:
        now = self._clock()
        if now - self._told_at >= TELL_EVERY:
            self._told_at = now
            certificate = _web_certificate(self._machine.environment)
            told = tell_notices(self._machine, now=now, web_certificate=certificate)
            if told:
                _log.info("notices.told", count=told)
        if now - self._forgot_at >= FORGET_EVERY:
            self._forgot_at = now
            forget_old(now=now)
            forget_old_notices(now=now)

    def _note(self, kind: str, sentence: str) -> None:
        """Log what is in the way, once; never an address: a server's words may hold one."""
        if kind and kind != self._trouble:
            _log.warning("mail.not_sent", error=kind)
        elif not kind and self._trouble:
            _log.info("mail.goes_again")
        self._trouble = kind


def _web_certificate(environment: Environment) -> CertificateFacts | None:
    """Return the web server's certificate, if an administrator named one that can be read here."""
    files = certificate_files(environment)
    if not files.own:
        return None
    try:
        pair = parse_pair(files, *read_files(files))
    except CertificateError:
        return None  # the web server says what is wrong with it
    return CertificateFacts(pair.not_after.isoformat(), pair.not_before, pair.not_after)
