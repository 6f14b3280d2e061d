"""A database beside the present one, and changing the two: one transaction, or nothing.

PostgreSQL renames databases inside a transaction, so at any moment the present name means either
the old database or the new one, whole. What was made here and left by a process that was killed is
told by its name and by a limit of connections that nobody sets, and is removed by the next.
"""

import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, LiteralString

import psycopg
from psycopg import Connection, sql
from psycopg.conninfo import make_conninfo

from rollcall.host.errors import DatabaseServerError

LOCK: Final = 0x526F6C6C53776170
"""Advisory lock (“RollSwap”): one process at a time makes a database beside the present one."""

MARK: Final = 4711
"""Limit of connections of a database that is ours to remove: it is there from the first moment."""

UNLIMITED: Final = -1
HALF_DROPPED: Final = -2
"""What PostgreSQL sets where a DROP DATABASE was interrupted: it can only be dropped again."""

OTHERS: Final = ("postgres", "template1")
"""Databases that every server has: to stand in while the present one is renamed."""

LOCK_SECONDS: Final = 10.0
_LOOK_AGAIN_SECONDS = 0.1
LONGEST_NAME: Final = 63
_OURS = r"_(new|replaced)_[0-9a-f]{8}$"
_RANDOM_BYTES = 4
_PROVIDERS = {"b": "builtin", "c": "libc", "i": "icu"}


@dataclass(frozen=True)
class Beside:
    """The present database, and a new one beside it."""

    present: str
    new: str
    conninfo: str
    """The address of the new one. It may hold a password."""
    _server: "Connection[Any]"

    def swap(self) -> None:
        """Let the new database take the name and the place of the present one, which goes."""
        old = _own_name(self.present, "replaced")
        try:
            with self._server.transaction():
                self._tell("ALTER DATABASE {} RENAME TO {}", self.present, old)
                self._tell("ALTER DATABASE {} RENAME TO {}", self.new, self.present)
                self._server.execute(_limit(old, MARK))
                self._server.execute(_limit(self.present, UNLIMITED))
        except psycopg.errors.ObjectInUse as error:
            raise DatabaseServerError(
                f"Other programs are connected to the database {self.present}, so it was left as "
                "it is. End them, and try again."
            ) from error
        with suppress(psycopg.Error):  # else the next one removes it
            self._tell("DROP DATABASE {} WITH (FORCE)", old)

    def _tell(self, statement: Any, *names: str) -> None:
        self._server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@contextmanager
def database_beside(conninfo: str) -> Iterator[Beside]:
    """Have a new, empty database of the same kind beside the present one.

    It is gone after the block unless it was swapped. Raises DatabaseServerError.
    """
    with _server(conninfo) as server, _plain_errors():
        with psycopg.connect(conninfo) as present:
            like = _describe(present)
        name = str(like["datname"])
        _refuse_beginner(server, name)
        _clear(server)
        new = _own_name(name, "new")
        server.execute(_create(new, like))
        try:
            yield Beside(name, new, make_conninfo(conninfo, dbname=new), server)
        finally:
            with suppress(psycopg.Error):
                server.execute(_drop(new))


@contextmanager
def _server(conninfo: str) -> "Iterator[Connection[Any]]":
    """Have a connection to the same server that does not stand in the way of a rename."""
    failures: list[psycopg.Error] = []
    for name in OTHERS:
        try:
            server = psycopg.connect(conninfo, dbname=name, autocommit=True)
        except psycopg.OperationalError as error:
            failures.append(error)
            continue
        with server:
            yield server
        return
    raise DatabaseServerError(
        f"To put a database in the place of another one, a connection to {' or '.join(OTHERS)} on "
        f"the same server is needed: {failures[0]}"
    )


def _refuse_beginner(server: "Connection[Any]", name: str) -> None:
    """Raise DatabaseServerError where another process is at it, or we may not do it at all."""
    give_up_at = time.monotonic() + LOCK_SECONDS  # the server may not have noticed a death yet
    while not _answer(server, "SELECT pg_try_advisory_lock(%s)", LOCK)[0]:
        if time.monotonic() < give_up_at:
            time.sleep(_LOOK_AGAIN_SECONDS)
            continue
        raise DatabaseServerError("Another restore is going on on this server. Wait for its end.")
    role, may = _answer(
        server,
        "SELECT current_user, (r.rolsuper OR r.rolcreatedb) "
        "AND pg_has_role(d.datdba, 'MEMBER') FROM pg_roles r, pg_database d "
        "WHERE r.rolname = current_user AND d.datname = %s",
        name,
    )
    if not may:
        raise DatabaseServerError(
            f"The role {role} may not put another database in the place of {name}: it must own it "
            f"and may make databases. Have a superuser run “ALTER ROLE {role} CREATEDB”, and take "
            "it back afterwards (NOCREATEDB)."
        )


def _answer(server: "Connection[Any]", question: LiteralString, *given: object) -> tuple[Any, ...]:
    row = server.execute(question, given).fetchone()
    assert row is not None  # noqa: S101 - such a question has one row
    return tuple(row)


def _clear(server: "Connection[Any]") -> None:
    rows = server.execute(
        "SELECT datname FROM pg_database WHERE datconnlimit = ANY(%s) AND datname ~ %s",
        [[MARK, HALF_DROPPED], _OURS],
    ).fetchall()
    for (name,) in rows:
        server.execute(_drop(name))


def _describe(connection: "Connection[Any]") -> Mapping[str, Any]:
    (described,) = _answer(
        connection,
        "SELECT to_jsonb(d) || jsonb_build_object('encoding', pg_encoding_to_char(encoding)) "
        "FROM pg_database d WHERE datname = current_database()",
    )
    return dict(described)


def _create(name: str, like: Mapping[str, Any]) -> sql.Composed:
    """CREATE DATABASE with the encoding and the sorting of another one."""
    provider = _PROVIDERS[like["datlocprovider"]]
    wanted = {
        "ENCODING": like["encoding"],
        "LOCALE_PROVIDER": provider,
        "LC_COLLATE": like["datcollate"],
        "LC_CTYPE": like["datctype"],
    }
    if provider != "libc":
        locale = like.get("datlocale") or like.get("daticulocale")  # the older name, before 17
        wanted[f"{provider.upper()}_LOCALE"] = locale
    options = sql.SQL(" ").join(
        sql.SQL("{} {}").format(sql.SQL(option), sql.Literal(value))
        for option, value in wanted.items()
    )
    return sql.SQL("CREATE DATABASE {} TEMPLATE template0 CONNECTION LIMIT {} {}").format(
        sql.Identifier(name), sql.Literal(MARK), options
    )


def _drop(name: str) -> sql.Composed:
    return sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))


def _limit(name: str, connections: int) -> sql.Composed:
    return sql.SQL("ALTER DATABASE {} CONNECTION LIMIT {}").format(
        sql.Identifier(name), sql.Literal(connections)
    )


def _own_name(present: str, what: str) -> str:
    tail = f"_{what}_{secrets.token_hex(_RANDOM_BYTES)}"
    return present.encode()[: LONGEST_NAME - len(tail)].decode(errors="ignore") + tail


@contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise DatabaseServerError(f"The database server refused: {error}") from error
