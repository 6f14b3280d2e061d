"""Bring the database's tables to what this program needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import OperationalError, ProgrammingError

from rollcall.host.errors import DatabaseServerError

LOCK: Final = 0x526F6C6C436F6C6C
"""Advisory lock (“RollColl”): one process at a time changes the schema."""


def ensure_schema() -> None:
    """Apply the migrations that are missing; do nothing, quickly, if there are none."""
    try:
        if pending_migrations():
            with _alone():
                call_command("migrate", verbosity=0, interactive=False)
    except ProgrammingError as error:
        raise DatabaseServerError(
            f"The database's tables could not be made: {error}. The role of the database URL must "
            "own the database and may create roles."
        ) from error
    except OperationalError as error:
        raise DatabaseServerError(f"The database does not answer: {error}") from error


def pending_migrations() -> list[str]:
    """Return the names of the migrations that the database lacks."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
