"""A connection to ask one thing on: it never waits for long, whatever is the matter.

Not Django's: that one stays open, and on a connection that is cut nobody answers for minutes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from psycopg.conninfo import make_conninfo

CONNECT_SECONDS: Final = 2
SYSTEM_ROLE: Final = "rollcall_system"


@contextmanager
def short_transaction(
    conninfo: str, *, seconds: int, role: str | None = None
) -> Iterator["psycopg.Connection"]:
    """Have a transaction that only reads, in which a statement takes at most so many seconds.

    With a `role` it sees what that role may see. Raises psycopg.Error.
    """
    patient = make_conninfo(
        conninfo,
        connect_timeout=CONNECT_SECONDS,
        tcp_user_timeout=seconds * 1000,
        application_name="rollcall web",
    )
    with psycopg.connect(patient) as connection:
        connection.execute("SET TRANSACTION READ ONLY")
        # JIT would take longer to compile the statements than they take to run.
        connection.execute("SET LOCAL jit = off")
        connection.execute("SELECT set_config('statement_timeout', %s, true)", [f"{seconds}s"])
        if role is not None:
            connection.execute("SELECT set_config('role', %s, true)", [role])
        yield connection
