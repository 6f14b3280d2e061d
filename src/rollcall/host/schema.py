"""Bring the database's tables to what this program needs.

Migrations only add (tests/house/test_migrations.py), so that the version before goes on working
beside a new one. A migration that takes something away does so a release after its last use, and
says in its name from which version on a program does without: `0009_drop_x_needs_0_3`. A program
that is older than that refuses to work on such a database.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Final

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import OperationalError, ProgrammingError

from rollcall.host.errors import DatabaseServerError

LOCK: Final = 0x526F6C6C436F6C6C
"""Advisory lock (“RollColl”): one process at a time changes the schema."""

LOOK_AGAIN_SECONDS: Final = 0.2
LOCK_TIMEOUT: Final = "3s"
"""How long a change waits for a table: whoever comes after it waits, too."""

LOCK_TRIES: Final = 40
LOCK_NOT_AVAILABLE: Final = "55P03"

_NEEDS = re.compile(r"_needs_(?P<version>\d+(?:_\d+)+)$")

Tell = Callable[[str], None]


def _silent(_line: str) -> None:
    """Tell nobody."""


def ensure_schema(*, named: bool) -> None:
    """See to it that the tables are there, quickly if they are.

    Those of an older version are brought up to date, but on a server that was `named`: other
    machines may use it, so a person says when.
    """
    with plain_failures():
        refuse_newer(unknown_migrations())
        pending = pending_migrations()
        if not pending:
            return
        if named and has_tables():
            raise DatabaseServerError(
                f"The tables in the database are of an older Rollcall: {len(pending)} "
                f"{'change is' if len(pending) == 1 else 'changes are'} missing. Run “rollcall "
                "upgrade” once, on one machine; the old version goes on working meanwhile."
            )
        apply_migrations()


def apply_migrations(tell: Tell = _silent) -> list[str]:
    """Apply the migrations that are missing, alone; return their names as they were applied."""
    with _alone():
        progress = _Progress(tell, beside_others=has_tables())
        tries_left = LOCK_TRIES
        while not _try_migrations(progress):
            tries_left -= 1
            if not tries_left:
                raise DatabaseServerError(
                    "The tables are in use by something that takes long, such as a session that "
                    "was left open. What was changed so far stays and harms nobody; try again "
                    "later."
                )
    return progress.applied


def _try_migrations(progress: "_Progress") -> bool:
    """Apply what is missing; False if a table was in use for too long."""
    executor = MigrationExecutor(connection, progress)
    executor.loader.check_consistent_history(connection)
    try:
        executor.migrate(executor.loader.graph.leaf_nodes())
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") == LOCK_NOT_AVAILABLE:
            return False
        raise
    return True


class _Progress:
    """What Django tells of each migration; before it begins, how long it may wait for tables."""

    def __init__(self, tell: Tell, *, beside_others: bool) -> None:
        self.applied: list[str] = []
        self._tell = tell
        self._beside_others = beside_others

    def __call__(
        self,
        action: str,
        migration: Migration | None = None,
        fake: bool | None = False,  # noqa: FBT001, FBT002 - as Django calls it
    ) -> None:
        if migration is None or fake:
            return
        if action == "apply_start":
            # An index that is made beside the work may wait long: nobody waits for it.
            _limit_waiting(LOCK_TIMEOUT if self._beside_others and migration.atomic else "0")
            self._tell(_name(migration))
        elif action == "apply_success":
            self.applied.append(_name(migration))


def _limit_waiting(duration: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [duration])


def pending_migrations() -> list[str]:
    """Return the names of the migrations that the database lacks."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [_name(migration) for migration, _ in plan]


def known_migrations() -> set[str]:
    """Return the names of the migrations that this program has."""
    loader = MigrationLoader(None, load=False)
    loader.load_disk()
    return {f"{app}.{name}" for app, name in loader.disk_migrations or ()}


def applied_migrations() -> list[str]:
    """Return the names of the migrations that the database has had, sorted."""
    recorder = MigrationRecorder(connection)
    return sorted(f"{app}.{name}" for app, name in recorder.applied_migrations())


def unknown_migrations() -> list[str]:
    """Return those that the database has had from a newer program."""
    known = known_migrations()
    return [name for name in applied_migrations() if name not in known]


def has_tables() -> bool:
    """Tell whether the database has tables of Rollcall's."""
    return bool(MigrationRecorder(connection).applied_migrations())


def refuse_newer(unknown: list[str]) -> None:
    """Raise DatabaseServerError if one of these migrations needs a newer program than this."""
    needed = max((parse_version(floor) for name in unknown if (floor := needs(name))), default=())
    if needed > own_version():
        raise DatabaseServerError(
            "The database has been brought up to a version that needs Rollcall "
            f"{'.'.join(map(str, needed))} or newer, and this is {version('rollcall')}. "
            "Install the newer version on this machine."
        )


def needs(migration: str) -> str:
    """Return the version that a migration says a program must have after it; empty for any."""
    match = _NEEDS.search(migration)
    return match["version"].replace("_", ".") if match else ""


def own_version() -> tuple[int, ...]:
    """Return the version of this program, to compare."""
    return parse_version(version("rollcall"))


def parse_version(text: str) -> tuple[int, ...]:
    """Return the numbers that a version begins with: “0.2.0rc1” is (0, 2, 0)."""
    match = re.match(r"\d+(\.\d+)*", text)
    return tuple(int(part) for part in match[0].split(".")) if match else ()


@contextmanager
def plain_failures() -> Iterator[None]:
    """Say in a sentence why the tables cannot be made or looked at."""
    try:
        yield
    except ProgrammingError as error:
        raise DatabaseServerError(
            f"The database's tables could not be made: {str(error).splitlines()[0]}. The role of "
            "the database URL must own the database, and may create roles or has been granted "
            "them: GRANT rollcall_web, rollcall_system, rollcall_switch TO that role."
        ) from error
    except OperationalError as error:
        raise DatabaseServerError(f"The database does not answer: {error}") from error


def _name(migration: Migration) -> str:
    return f"{migration.app_label}.{migration.name}"


@contextmanager
def tables_kept() -> Iterator[None]:
    """Keep the tables as they are while the block runs; wait for whoever changes them."""
    with _locked("pg_try_advisory_lock_shared", "pg_advisory_unlock_shared"):
        yield


@contextmanager
def _alone() -> Iterator[None]:
    with _locked("pg_try_advisory_lock", "pg_advisory_unlock"):
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")


@contextmanager
def _locked(lock: str, unlock: str) -> Iterator[None]:
    # Asked again and again rather than waited for: an index that another machine makes beside the
    # work waits for all that wait, and would wait for us.
    with connection.cursor() as cursor:
        while not _try_lock(cursor, lock):
            time.sleep(LOOK_AGAIN_SECONDS)
        try:
            yield
        finally:
            cursor.execute(f"SELECT {unlock}(%s)", [LOCK])


def _try_lock(cursor: CursorWrapper, lock: str) -> bool:
    cursor.execute(f"SELECT {lock}(%s)", [LOCK])
    return bool(cursor.fetchone()[0])
