"""Bring a database back from a backup: beside the present one first, then in its place.

Until the very end nothing of the present database or its name is touched, so whoever is killed in
between leaves it as it was.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec
from django.db import connection, connections

from rollcall.accounts.retention import revoke_restored
from rollcall.audit.operations import note
from rollcall.calling.switch_schema import create_switch_role
from rollcall.core.errors import SetupError
from rollcall.host.archive import Archive, Contents
from rollcall.host.backup import BackupView, server_major, to_view
from rollcall.host.beside import Beside, database_beside
from rollcall.host.binaries import find_client_programs
from rollcall.host.dumping import restore_dump
from rollcall.host.locks import holders, users_file
from rollcall.host.opening import connect_django
from rollcall.host.schema import (
    Tell,
    apply_migrations,
    has_tables,
    known_migrations,
    own_version,
    parse_version,
    plain_failures,
)
from rollcall.host.upgrading import living_or_none
from rollcall.integrations.restored_operations import close_unfinished_runs
from rollcall.integrations.sealed_operations import check_opens, give_up_lost
from rollcall.mail.outbox import give_up_restored
from rollcall.tenants.isolation import act_as_roles, create_roles
from rollcall.tenants.queries import get_tenant_by_id
from rollcall.wiring.key_transfer import missing_keys, take_keys
from rollcall.wiring.machine import Machine

GUIDE = "back-up-drill.md"


class RestoreOrder(msgspec.Struct, frozen=True, kw_only=True):
    """How to restore. `keys` is a key file to take missing keys from."""

    keys: Path | None = None
    replace: bool = False
    without_keys: bool = False


class RestoreView(msgspec.Struct, frozen=True, kw_only=True):
    """What was restored, and what became of its keys and runs."""

    backup: BackupView
    replaced: bool
    migrations: tuple[str, ...]
    interrupted_runs: int
    keys_taken: tuple[str, ...]
    tenants_without_key_pair: tuple[str, ...]


def restore(
    machine: Machine,
    archive: Archive,
    order: RestoreOrder,
    *,
    actor: str,
    now: datetime,
    tell: Tell,
) -> RestoreView:
    """Put the backup in the place of the database; raise SetupError for what stands against it."""
    contents = archive.manifest.contents
    refuse_newer_backup(contents)
    _refuse_without_keys(machine, contents, order)
    _refuse_while_used(machine)
    replaced = _refuse_full(order)
    tell("Checking the file")
    archive.check_dump()
    with _away_from_present(machine), database_beside(machine.conninfo) as beside:
        tell("Reading it into a new database")
        _load(machine, archive, beside)
        with plain_failures():
            view = _settle(machine, archive, order, actor=actor, now=now, replaced=replaced)
        connections.close_all()
        _look_again(machine)
        tell("Putting it in place")
        beside.swap()
    return view


def refuse_newer_backup(contents: Contents) -> None:
    """Raise SetupError for a backup of a version that this program does not know."""
    unknown = set(contents.migrations) - known_migrations()
    if unknown or parse_version(contents.rollcall) > own_version():
        raise SetupError(
            f"The backup was made by Rollcall {contents.rollcall}, which is newer than this "
            "program. Install that version, and restore with it.",
            code="newer-backup",
            help_page=GUIDE,
        )


def _refuse_without_keys(machine: Machine, contents: Contents, order: RestoreOrder) -> None:
    file = machine.environment.encryption_key_file
    missing = missing_keys(file, contents.keys, given=order.keys)
    if missing and not order.without_keys:
        names = ", ".join(need.name for need in missing)
        where = f"neither in {file} nor in {order.keys}" if order.keys else f"not in {file}"
        raise SetupError(
            f"The secrets of the backup are sealed with keys that are {where}: {names}. Name the "
            "copy of the key file that was kept for it (--keys). Where there is none, "
            "--without-keys restores the rest; each tenant needs a new key pair then.",
            code="keys-missing",
            help_page=GUIDE,
        )


def _refuse_while_used(machine: Machine) -> None:
    """Raise SetupError while a service, or any other command, works on the database."""
    others: set[int] = set()
    if machine.environment.database_url is None:
        others = {*holders(users_file(machine.environment.home))} - {os.getpid()}
    alive = [f"a {each.kind} on {each.host} (process {each.pid})" for each in living_or_none()]
    used = alive or [f"process {pid}" for pid in sorted(others)]
    if used:
        raise SetupError(
            f"The database is in use: {', '.join(used)}. Stop the service, wait 20 seconds, and "
            "restore then.",
            code="in-use",
            help_page=GUIDE,
        )


def _refuse_full(order: RestoreOrder) -> bool:
    """Tell whether tenants are there already; raise SetupError unless they may be replaced."""
    if not has_tables():
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tenants_tenant")
        tenants = cursor.fetchone()[0]
    if tenants and not order.replace:
        raise SetupError(
            f"The database is not empty: it holds tenants ({tenants}). Restore into an empty home, "
            "or let the backup take the place of all that is there (--replace).",
            code="not-empty",
            help_page=GUIDE,
        )
    return bool(tenants)


@contextmanager
def _away_from_present(machine: Machine) -> Iterator[None]:
    """Keep Django off the present database while the block runs."""
    connections.close_all()
    try:
        yield
    finally:
        connections.close_all()
        connect_django(machine.conninfo)


def _load(machine: Machine, archive: Archive, beside: Beside) -> None:
    """Read the dump into the new database, which knows the roles that it speaks of."""
    connect_django(beside.conninfo)
    programs = find_client_programs(machine.environment.postgres_bin)
    with plain_failures(), connection.cursor() as cursor:
        cursor.execute(str(create_roles().sql))
        cursor.execute(str(create_switch_role().sql))
        major = server_major()
    restore_dump(programs, beside.conninfo, archive.dump, server_major=major)
    with plain_failures(), connection.cursor() as cursor:
        cursor.execute(str(act_as_roles().sql))


def _settle(
    machine: Machine,
    archive: Archive,
    order: RestoreOrder,
    *,
    actor: str,
    now: datetime,
    replaced: bool,
) -> RestoreView:
    """Make of the restored tables a database of this version on which nobody works."""
    contents = archive.manifest.contents
    file = machine.environment.encryption_key_file
    migrations = apply_migrations()
    interrupted = close_unfinished_runs(now=now)
    revoke_restored()
    give_up_restored(now=now)
    taken = take_keys(file, contents.keys, given=order.keys)
    ring = machine.key_ring()
    tenants = give_up_lost(ring, now=now) if order.without_keys else []
    if not order.without_keys:
        check_opens(ring, lost=contents.lost_secrets)
    note(
        actor=actor,
        action="backup.restored",
        subject=archive.path.name,
        detail={"made_at": contents.made_at.isoformat(), "rollcall": contents.rollcall},
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return RestoreView(
        backup=to_view(archive.path, contents, machine.environment),
        replaced=replaced,
        migrations=tuple(migrations),
        interrupted_runs=interrupted,
        keys_taken=taken,
        tenants_without_key_pair=tuple(get_tenant_by_id(each).slug for each in tenants),
    )


def _look_again(machine: Machine) -> None:
    """See to it that nobody came while the backup was read."""
    connect_django(machine.conninfo)
    _refuse_while_used(machine)
    connections.close_all()
