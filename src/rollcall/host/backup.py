"""Write a backup of the database: one file, as of one moment, beside whatever goes on.

The keys that open its secrets are not in it: whoever has the one file must not have the other.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import msgspec
from django.db import connection, transaction

from rollcall.audit.operations import note
from rollcall.core.errors import SetupError
from rollcall.environment import Environment
from rollcall.host.archive import Contents, new_archive
from rollcall.host.binaries import find_client_programs
from rollcall.host.dumping import dumping
from rollcall.host.schema import applied_migrations, has_tables, tables_kept
from rollcall.wiring.key_transfer import KeyNeed, needed_keys
from rollcall.wiring.machine import Machine

_MAJOR = 10_000
"""180006 is PostgreSQL 18.6."""

_COUNT = """
    SELECT (SELECT count(*) FROM tenants_tenant),
        (SELECT count(*) FROM telephony_extension WHERE deleted_at IS NULL),
        (SELECT count(*) FROM phonebook_contact)
"""


class BackupView(msgspec.Struct, frozen=True, kw_only=True):
    """A backup that was made or looked at. `key_file` is where this machine keeps its keys."""

    file: str
    bytes: int
    made_at: datetime
    rollcall: str
    postgresql: str
    tenants: int
    extensions: int
    contacts: int
    keys: tuple[KeyNeed, ...]
    lost_secrets: int
    key_file: str


def make_backup(
    machine: Machine, path: Path, *, actor: str, replace: bool, now: datetime
) -> BackupView:
    """Write a backup to `path`, whole or not at all. The tables may be of an older version."""
    if not has_tables():
        raise SetupError("There is nothing to back up: the database is empty.", code="empty")
    programs = find_client_programs(machine.environment.postgres_bin)
    with new_archive(path, replace=replace) as draft, tables_kept(), _snapshot() as snapshot:
        contents = _contents(machine, now)
        with dumping(
            programs, machine.conninfo, snapshot=snapshot, server_major=server_major()
        ) as dump:
            part = draft.write(dump)
        draft.finish(contents, part)
    note(
        actor=actor,
        action="backup.made",
        subject=path.name,
        detail={"bytes": part.bytes, "keys": [need.name for need in contents.keys]},
    )
    return to_view(path, contents, machine.environment)


def to_view(path: Path, contents: Contents, environment: Environment) -> BackupView:
    """Return a backup file as others see it."""
    return BackupView(
        file=os.fspath(path),
        bytes=path.stat().st_size,
        made_at=contents.made_at,
        rollcall=contents.rollcall,
        postgresql=contents.postgresql,
        tenants=contents.tenants,
        extensions=contents.extensions,
        contacts=contents.contacts,
        keys=contents.keys,
        lost_secrets=contents.lost_secrets,
        key_file=str(environment.encryption_key_file),
    )


def server_major() -> int:
    """Return the major version of the server that Django is connected to."""
    connection.ensure_connection()
    assert connection.connection is not None  # noqa: S101 - it was ensured
    return int(connection.connection.info.server_version) // _MAJOR


@contextmanager
def _snapshot() -> Iterator[str]:
    """Have Django see one moment of the database, which another connection can see, too."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0]


def _contents(machine: Machine, now: datetime) -> Contents:
    needs, lost = needed_keys(machine)
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        postgresql = cursor.fetchone()[0]
        cursor.execute(_COUNT)
        tenants, extensions, contacts = cursor.fetchone()
    return Contents(
        rollcall=version("rollcall"),
        made_at=now,
        postgresql=postgresql,
        migrations=tuple(applied_migrations()),
        keys=needs,
        lost_secrets=lost,
        tenants=tenants,
        extensions=extensions,
        contacts=contacts,
    )
