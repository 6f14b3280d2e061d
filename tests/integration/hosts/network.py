"""Machines made of network namespaces: a switch, and a cable from each of them to it.

The switch is in a namespace of its own as well, so nothing shows in the machine that runs the
tests: two test runs at once have the same addresses and never meet, as only the names of their
namespaces, which are random, are in one place.
"""

import ctypes
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests.needs import need

NAMESPACES = Path("/run/netns")
ADDRESSES = "10.77.0"
MASK = 24
SWITCH = "switch"
DATABASE, MICROSOFT, WORKING = "database", "microsoft", ("one", "two")
"""The hosts by name."""

_CLONE_NEWNET = 0x40000000
_SECONDS = 20
_kernel = ctypes.CDLL(None, use_errno=True)


class Network:
    """The hosts; the name of one is also that of its cable's end at the switch."""

    def __init__(self) -> None:
        self._prefix = f"rollcall-test-{secrets.token_hex(4)}"
        hosts = (DATABASE, MICROSOFT, *WORKING)
        self._addresses = {
            host: f"{ADDRESSES}.{number}" for number, host in enumerate(hosts, start=1)
        }

    @classmethod
    @contextmanager
    def built(cls) -> Iterator["Network"]:
        """Have a network for the block; skip the test where none can be made."""
        program = shutil.which("ip")
        need(program and os.geteuid() == 0, "root and the program ip: make deps")
        network = cls()
        try:
            made = _ip("netns", "add", network._namespace(SWITCH))
            need(made.returncode == 0, f"the right to make network namespaces: {made.stderr}")
            network._lay_cables()
            yield network
        finally:
            network._remove()

    @property
    def everything(self) -> str:
        """The range of all addresses."""
        return f"{ADDRESSES}.0/{MASK}"

    def address(self, host: str) -> str:
        """Return a host's address."""
        return self._addresses[host]

    @contextmanager
    def inside(self, host: str) -> Iterator[None]:
        """Be at a host: sockets that this thread opens are its, and processes that it starts."""
        with (
            Path("/proc/thread-self/ns/net").open() as here,
            (NAMESPACES / self._namespace(host)).open() as there,
        ):
            _enter(there)
            try:
                yield
            finally:
                _enter(here)

    def cut(self, host: str) -> None:
        """Pull a host's cable out at the switch: nobody is told, packets just vanish."""
        self._done("-n", self._namespace(SWITCH), "link", "set", host, "down")

    def mend(self, host: str) -> None:
        """Put a host's cable in again."""
        self._done("-n", self._namespace(SWITCH), "link", "set", host, "up")

    def _lay_cables(self) -> None:
        switch = ("-n", self._namespace(SWITCH))
        self._done(*switch, "link", "add", SWITCH, "type", "bridge")
        self._done(*switch, "link", "set", SWITCH, "up")
        for host, address in self._addresses.items():
            namespace = self._namespace(host)
            self._done("netns", "add", namespace)
            there = ("peer", "name", "eth0", "netns", namespace)
            self._done(*switch, "link", "add", host, "type", "veth", *there)
            self._done(*switch, "link", "set", host, "master", SWITCH, "up")
            self._done("-n", namespace, "addr", "add", f"{address}/{MASK}", "dev", "eth0")
            for device in ("lo", "eth0"):
                self._done("-n", namespace, "link", "set", device, "up")

    def _remove(self) -> None:
        """Take the namespaces away, and with them cables and switch."""
        for host in (*self._addresses, SWITCH):
            if (NAMESPACES / self._namespace(host)).exists():
                _ip("netns", "delete", self._namespace(host))

    def _namespace(self, host: str) -> str:
        return f"{self._prefix}-{host}"

    def _done(self, *words: str) -> None:
        ended = _ip(*words)
        assert ended.returncode == 0, (words, ended.stderr)


def _ip(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["ip", *words], capture_output=True, text=True, timeout=_SECONDS, check=False
    )


def _enter(namespace: IO[str]) -> None:
    """Let this thread be in a network namespace; os.setns is there from Python 3.12 on."""
    if _kernel.setns(namespace.fileno(), _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
