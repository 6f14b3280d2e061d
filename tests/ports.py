"""Ports for programs that tests start: free, and of this process's own share."""

import os
import socket

MOST_PROCESSES = 4
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
