"""Watches the files of the web server's certificate, and hands out what is good in them.

Files are replaced one after the other, so for a moment they do not fit: what is wrong is said only
when it stays so. The certificate that is served meanwhile is the one before.
"""

from collections.abc import Callable

import structlog

from rollcall.core.ports import Clock
from rollcall.environment import ConfigurationError, Environment
from rollcall.host.certificate import (
    CertificateError,
    CertificateFiles,
    ServerPair,
    certificate_files,
    parse_pair,
    read_files,
)
from rollcall.host.self_signed import ensure_self_signed

SETTLE_SECONDS = 3.0

_log = structlog.get_logger(__name__)

Pems = tuple[bytes, bytes]


class CertificateWatch:
    """The files, and what was taken from them last. `steady` is a clock that is never set."""

    def __init__(
        self, environment: Environment, *, clock: Clock, steady: Callable[[], float]
    ) -> None:
        self._environment = environment
        self._clock = clock
        self._steady = steady
        self._taken: Pems | None = None
        self._trouble = ""
        self._trouble_since = 0.0
        self._told = ""

    def first(self) -> ServerPair:
        """Return the pair to begin with, even one that has expired: there is no other.

        Raises ConfigurationError.
        """
        try:
            files = self._files()
            pems = read_files(files)
            pair = parse_pair(files, *pems)
        except CertificateError as error:
            raise ConfigurationError(f"The web server has no certificate. {error}") from error
        if fault := pair.fault(self._clock()):
            _log.warning("certificate.fault", sentence=f"{files.certificate} {fault}.")
        self._taken = pems
        return pair

    def look(self) -> ServerPair | None:
        """Return a good pair that is not the one that was taken last."""
        try:
            files = self._files()
            pems = read_files(files)
            if pems == self._taken:
                self._trouble = self._told = ""
                return None
            pair = parse_pair(files, *pems)
        except CertificateError as error:
            self._complain(str(error))
            return None
        if fault := pair.fault(self._clock()):
            self._complain(f"{files.certificate} {fault}.")
            return None
        self._taken = pems
        self._trouble = self._told = ""
        return pair

    def _files(self) -> CertificateFiles:
        files = certificate_files(self._environment)
        if not files.own:
            try:
                ensure_self_signed(self._environment, now=self._clock())
            except OSError as error:
                raise CertificateError(
                    f"{files.certificate} cannot be made ({error.strerror})."
                ) from error
        return files

    def _complain(self, sentence: str) -> None:
        """Log what is wrong, once, when it stays so."""
        if sentence != self._trouble:
            self._trouble, self._trouble_since = sentence, self._steady()
        settled = self._steady() - self._trouble_since >= SETTLE_SECONDS
        if settled and sentence != self._told:
            self._told = sentence
            _log.warning(
                "certificate.refused",
                sentence=f"{sentence} The certificate before it is served meanwhile.",
            )
