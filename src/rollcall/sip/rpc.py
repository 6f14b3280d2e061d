"""Asking a running Kamailio, by JSON-RPC over the Unix datagram socket that it listens at."""

import itertools
import socket
from typing import Any, Final

import msgspec

from rollcall.core.errors import TransientError

TIMEOUT_SECONDS: Final = 5.0
_LONGEST: Final = 1 << 20


class SwitchSilentError(TransientError):
    """The switch does not answer."""


class RpcRefusal(msgspec.Struct, frozen=True):
    """Kamailio's answer to what it could not do: 404 for what is not there."""

    code: int = 0
    message: str = ""


class _Answer(msgspec.Struct, frozen=True):
    id: int = 0
    result: Any = None
    error: RpcRefusal | None = None


class Control:
    """The control socket of a switch. Not for several threads at once."""

    def __init__(self, path: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        """Name the socket; it is opened for each question."""
        self._path = path
        self._timeout = timeout
        self._ids = itertools.count(1)

    def ask(self, method: str, *params: str | int) -> Any:
        """Return the result, or a RpcRefusal; SwitchSilentError when nobody answers."""
        number = next(self._ids)
        question = msgspec.json.encode(
            {"jsonrpc": "2.0", "method": method, "params": params, "id": number}
        )
        answer = self._exchange(question, number)
        return answer.error if answer.error is not None else answer.result

    def _exchange(self, question: bytes, number: int) -> _Answer:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
                wire.settimeout(self._timeout)
                # A name of the kernel's own (Linux), so that an answer finds us whatever user the
                # switch runs as, and nothing is left behind.
                wire.bind("")
                wire.connect(self._path)
                wire.send(question)
                while True:
                    answer = msgspec.json.decode(wire.recv(_LONGEST), type=_Answer)
                    if answer.id == number:
                        return answer
        except (OSError, msgspec.DecodeError) as error:
            raise SwitchSilentError(str(error)) from error
