"""Runs pg_dump and pg_restore. A password goes to them by the environment alone.

What they say is passed on without its details: those of an error hold rows.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from rollcall.calling.switch_schema import SWITCH_SCHEMA, create_switch_schema
from rollcall.host.binaries import ClientPrograms
from rollcall.host.errors import DatabaseServerError, server_failure

SCHEMAS = ("public", SWITCH_SCHEMA)
WITHOUT_ROWS = (
    *("public.procrastinate_*", "public.fleet_process", "public.calling_switchcount"),
    *("sip.location", "sip.location_attrs", "sip.dialog", "sip.dialog_vars"),
)
"""Tables whose rows say what goes on at the moment: the queue, what is alive, who is called."""

COMPRESSION = "1"
"""Most of what compresses does so at once: the rest takes four times as long."""

LOCK_TIMEOUT = "60s"
HIDDEN = ("sslpassword", "scram_client_key", "scram_server_key", "oauth_client_secret")
"""Secrets of a conninfo that no variable of libpq's can carry."""

_SAID = ("pg_dump: error:", "pg_restore: error:", "pg_dump: detail:")
_LINES_SHOWN = 5
_NEW_TIMEOUT_MAJOR = 17
_UNKNOWN_TIMEOUT = 'unrecognized configuration parameter "transaction_timeout"'
_ONE_IGNORED = "errors ignored on restore: 1"
_NEWER_DUMP = "unsupported version"
_UNREAD = "The backup could not be read into the database."
_HAS_SWITCH = re.compile(rf"^CREATE TABLE {SWITCH_SCHEMA}\.", re.MULTILINE)
"""Backups of a version before the switch have nothing of it."""

_NOT_EVERYWHERE = re.compile(
    r"^(\\(un)?restrict .*"  # for psql alone
    r"|SET transaction_timeout = 0;"  # since 17
    r"|ALTER TABLE ONLY \S+ ALTER COLUMN \S+ SET \(pg_attver=\d+\);"  # of some minor versions
    r")\n",
    re.MULTILINE,
)


@contextmanager
def dumping(
    programs: ClientPrograms, conninfo: str, *, snapshot: str, server_major: int
) -> Iterator[IO[bytes]]:
    """Have a stream of a dump as of `snapshot`. It must be read to its end.

    Raises DatabaseServerError after the block if the dump is not whole.
    """
    if programs.major < server_major:
        raise DatabaseServerError(
            f"The server is PostgreSQL {server_major}, and {programs.pg_dump} is of "
            f"{programs.major}, which cannot read it. Set ROLLCALL_POSTGRES_BIN to programs of "
            f"PostgreSQL {server_major} or newer."
        )
    command = [
        str(programs.pg_dump),
        *("--format=custom", f"--compress={COMPRESSION}", f"--snapshot={snapshot}"),
        *_of_schemas(),
        *("--no-publications", "--no-subscriptions"),
        *(f"--lock-wait-timeout={LOCK_TIMEOUT}", "--no-password"),
        *(f"--exclude-table-data={table}" for table in WITHOUT_ROWS),
    ]
    with (
        tempfile.TemporaryFile() as said,
        _started(command, conninfo, output=subprocess.PIPE, errors=said) as process,
    ):
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        yield process.stdout
        if process.wait() != 0:
            raise server_failure("The database could not be read.", _lines(said))


def restore_dump(
    programs: ClientPrograms,
    conninfo: str,
    dump: Callable[[], Iterable[bytes]],
    *,
    server_major: int,
) -> None:
    """Write a dump into an empty database. Raises DatabaseServerError if it is not all there.

    `dump` is called for each part: the tables, their rows, and what checks and finds the rows.
    """
    older = server_major < _NEW_TIMEOUT_MAJOR <= programs.major
    tables = _read_tables(programs, conninfo, dump())
    try:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            if _HAS_SWITCH.search(tables):  # pg_restore makes what is in a schema, not the schema
                connection.execute(str(create_switch_schema().sql).encode())
            connection.execute(tables.encode())
    except psycopg.Error as error:
        words = [error.diag.message_primary or ""]
        raise server_failure("The tables could not be made.", words) from error
    for section in ("data", "post-data"):
        options = [f"--section={section}", *([] if older else ["--exit-on-error"])]
        with _restoring(programs, conninfo, options, dump()) as (process, said, _):
            if process.wait() != 0 and not (older and _only_missed_a_timeout(said)):
                raise server_failure(_UNREAD, _lines(said))


def _read_tables(programs: ClientPrograms, conninfo: str, dump: Iterable[bytes]) -> str:
    """Return the SQL that makes the tables, without what only some servers understand."""
    options = ["--section=pre-data", "--file=-"]
    with _restoring(programs, conninfo, options, dump) as (process, said, written):
        if process.wait() != 0:
            raise _unread(programs, _lines(said))
        written.seek(0)
        return _NOT_EVERYWHERE.sub("", written.read().decode())


@contextmanager
def _restoring(
    programs: ClientPrograms, conninfo: str, options: Sequence[str], dump: Iterable[bytes]
) -> "Iterator[tuple[subprocess.Popen[bytes], IO[bytes], IO[bytes]]]":
    """Have pg_restore at work on a dump: the process, what it says, and what it writes."""
    to_file = any(option.startswith("--file") for option in options)
    command = [
        *(str(programs.pg_restore), *_of_schemas(), "--no-owner", "--no-tablespaces"),
        *([] if to_file else ["--no-password"]),
        *options,
    ]
    with (
        tempfile.TemporaryFile() as said,
        tempfile.TemporaryFile() as written,
        _started(
            command,
            None if to_file else conninfo,
            input_=subprocess.PIPE,
            output=written.fileno(),
            errors=said,
        ) as process,
    ):
        _feed(process, dump)
        yield process, said, written


def _of_schemas() -> list[str]:
    return [f"--schema={name}" for name in SCHEMAS]


def _unread(programs: ClientPrograms, lines: list[str]) -> DatabaseServerError:
    if any(_NEWER_DUMP in line for line in lines):
        return DatabaseServerError(
            f"The backup was written by programs of a newer PostgreSQL than {programs.version}, "
            f"of which those in {programs.directory} are. Let ROLLCALL_POSTGRES_BIN name newer "
            "ones, or leave it unset."
        )
    return server_failure(_UNREAD, lines)


def _feed(process: "subprocess.Popen[bytes]", dump: Iterable[bytes]) -> None:
    assert process.stdin is not None  # noqa: S101 - it is a pipe
    try:
        for chunk in dump:
            process.stdin.write(chunk)
        process.stdin.close()
    except BrokenPipeError:
        with suppress(BrokenPipeError):  # it has ended, and said why
            process.stdin.close()


def _only_missed_a_timeout(said: IO[bytes]) -> bool:
    """Tell whether all that an older server refused is a setting that is not needed."""
    said.seek(0)
    text = said.read().decode(errors="replace")
    return _UNKNOWN_TIMEOUT in text and text.rstrip().endswith(_ONE_IGNORED)


@contextmanager
def _started(
    command: Sequence[str],
    conninfo: str | None,
    *,
    errors: IO[bytes],
    input_: int = subprocess.DEVNULL,
    output: int = subprocess.DEVNULL,
) -> "Iterator[subprocess.Popen[bytes]]":
    """Have a program that works on a database, out of reach of the terminal's Ctrl-C."""
    address, variables = _apart(conninfo) if conninfo is not None else ("", {})
    try:
        process = subprocess.Popen(
            [*command, *([f"--dbname={address}"] if address else [])],
            cwd="/",
            env={**_environ(), **variables},
            start_new_session=True,
            stdin=input_,
            stdout=output,
            stderr=errors,
        )
    except OSError as error:
        raise DatabaseServerError(f"{command[0]} could not be run: {error}.") from error
    with process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise


def _apart(conninfo: str) -> tuple[str, Mapping[str, str]]:
    """What may stand on a command line, and the password as a variable."""
    parts = {name: str(value) for name, value in conninfo_to_dict(conninfo).items()}
    hidden = [name for name in HIDDEN if name in parts]
    if hidden:
        raise DatabaseServerError(
            f"The {hidden[0]} of database_url cannot be handed to PostgreSQL's programs unseen. "
            "Put it into a service file of libpq's, and name the service instead (service=…)."
        )
    password = parts.pop("password", None)
    return make_conninfo(**parts), {} if password is None else {"PGPASSWORD": password}


def _environ() -> Mapping[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("ROLLCALL_")}
    return {"PATH": os.defpath, **ours, "LC_ALL": "C"}


def _lines(said: IO[bytes]) -> list[str]:
    said.seek(0)
    lines = said.read().decode(errors="replace").splitlines()
    return [line for line in lines if line.startswith(_SAID)][-_LINES_SHOWN:]
