"""Take a run on: be the only living process that works on its integration."""

from datetime import datetime

from psycopg import AsyncConnection

from rollcall.store.session import LOCK_CLASS, RunScope, translated_errors
from rollcall.store.sql import load_statements

SQL = load_statements("runs.sql")


async def lock_integration(connection: AsyncConnection, integration_id: int) -> bool:
    """Take the advisory lock of an integration's runs; False if a living process has it.

    It is let go of when `connection` ends, however it ends.
    """
    given = {"class": LOCK_CLASS, "integration": integration_id}
    with translated_errors():
        cursor = await connection.execute(SQL["try_lock"], given)
        row = await cursor.fetchone()
    return bool(row and row[0])


async def raise_fence(
    connection: AsyncConnection, *, tenant_id: int, integration_id: int, run_id: int
) -> RunScope:
    """Make every earlier run's writes impossible; return the scope of this run's."""
    given = {"tenant": tenant_id, "integration": integration_id}
    with translated_errors():
        cursor = await connection.execute(SQL["raise_fence"], given)
        row = await cursor.fetchone()
    return RunScope(
        tenant_id=tenant_id,
        integration_id=integration_id,
        run_id=run_id,
        fence=row[0] if row else 0,
    )


async def begin_run(
    connection: AsyncConnection, scope: RunScope, *, worker: str, now: datetime
) -> bool:
    """Turn the queued run into a running one; False if it is not queued any more.

    `worker` is who carries it out, for those who look.
    """
    given = {
        "tenant": scope.tenant_id,
        "run": scope.run_id,
        "fence": scope.fence,
        "worker": worker,
        "now": now,
    }
    with translated_errors():
        cursor = await connection.execute(SQL["begin_run"], given)
        return await cursor.fetchone() is not None
