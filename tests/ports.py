"""Ports for programs that tests start: free, and of this process's own share."""

import os
import random
import socket

FIRST_SIP_PORT, LAST_SIP_PORT = 23_000, 32_000
MOST_PROCESSES = 8
"""So many processes of pytest may run beside each other."""


def free_port() -> int:
    """Return a port that nobody listens on, and that no other process of these tests takes."""
    mine = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    while True:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port: int = listener.getsockname()[1]
        if port // 2 % MOST_PROCESSES == mine % MOST_PROCESSES:
            return port


def free_sip_port() -> int:
    """Return a port that is free for UDP and TCP, below those that the kernel gives to clients.

    For programs that start late, or again: nobody's connection gets there meanwhile.
    """
    mine = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    while True:
        port = random.randrange(FIRST_SIP_PORT, LAST_SIP_PORT)
        if port // 2 % MOST_PROCESSES == mine % MOST_PROCESSES and _is_free(port):
            return port


def _is_free(port: int) -> bool:
    try:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(socket.AF_INET, kind) as tried:
                tried.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True
