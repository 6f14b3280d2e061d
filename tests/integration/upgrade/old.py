"""The old database: how it is reached, what is in it, and the SQL of the program that made it."""

from dataclasses import dataclass
from typing import Any

import psycopg

from tests.integration.commands.office import Office
from tests.integration.commands.program import Program
from tests.needs import ROOT

FIXTURES = ROOT / "tests/fixtures/upgrade"
OLD_DUMP = FIXTURES / "one-day-at-contoso.dump"
ENCRYPTION_KEYS = FIXTURES / "encryption.json"

NEW_TABLES = ("fleet_process", "integrations_schedule", "integrations_runtally")

OLD_SQL = {
    "queue": """
        INSERT INTO "integrations_syncrun" ("tenant_id", "integration_id", "trigger", "asked_by",
            "asked_at", "state", "dry_run", "full", "stages", "fence", "started_at", "finished_at",
            "cancel_requested", "progress", "counts", "problems", "refused", "hold", "announced",
            "requests", "items", "throttled_seconds", "error")
        VALUES (1, 1, 'manual', 'shell:root', now(), 'queued', false, false,
            '{users,photos,personal-contacts,company-contacts}'::varchar(17)[], 0, NULL, NULL,
            false, '{}'::jsonb, '{}'::jsonb, '[]'::jsonb, '{}'::jsonb, '', true, 0, 0, 0.0, NULL)
        RETURNING "integrations_syncrun"."id"
    """,
    "lock": "SELECT pg_try_advisory_lock(1383033964, 1::int)",
    "raise_fence": """
        UPDATE integrations_integration SET fence = fence + 1
        WHERE tenant_id = 1 AND id = 1
        RETURNING fence
    """,
    "begin": """
        UPDATE integrations_syncrun SET state = 'running', started_at = now(), fence = %(fence)s
        WHERE tenant_id = 1 AND id = %(run)s AND state = 'queued'
        RETURNING id
    """,
    "check_fence": """
        SELECT 1 FROM integrations_integration
        WHERE tenant_id = 1 AND id = 1 AND fence = %(fence)s
        FOR UPDATE
    """,
    "progress": """
        UPDATE integrations_syncrun
        SET progress = '{"users": {"done": 1, "total": 2}}'::jsonb, requests = 3, items = 4,
            throttled_seconds = 0.5
        WHERE tenant_id = 1 AND id = %(run)s AND fence = %(fence)s
        RETURNING cancel_requested
    """,
    "load_token": """
        SELECT token_sealed, token_expires_at FROM integrations_integration
        WHERE tenant_id = 1 AND id = 1
    """,
    "save_token": """
        UPDATE integrations_integration
        SET token_sealed = token_sealed, token_expires_at = now()
        WHERE tenant_id = 1 AND id = 1
        RETURNING id
    """,
    "begin_reading": """
        INSERT INTO integrations_reading
            (tenant_id, integration_id, complete, shape, since, started_at, cursor)
        VALUES (1, 1, false, 'shape', '', now(), '')
        RETURNING integration_id
    """,
    "stage_page": """
        INSERT INTO integrations_stagedpage (tenant_id, integration_id, position, records, resume)
        SELECT 1, 1, coalesce(max(position), 0) + 1, '', 'next'
        FROM integrations_stagedpage
        WHERE tenant_id = 1 AND integration_id = 1
        RETURNING position
    """,
    "drop_reading": """
        DELETE FROM integrations_reading WHERE tenant_id = 1 AND integration_id = 1
        RETURNING integration_id
    """,
    "save_cursor": """
        UPDATE integrations_integration
        SET users_cursor = users_cursor || 'x', users_shape = users_shape,
            users_policy = users_policy
        WHERE tenant_id = 1 AND id = 1
        RETURNING id
    """,
    "read_run": """
        SELECT "integrations_syncrun"."id", "integrations_syncrun"."tenant_id",
            "integrations_syncrun"."integration_id", "integrations_syncrun"."trigger",
            "integrations_syncrun"."asked_by", "integrations_syncrun"."asked_at",
            "integrations_syncrun"."state", "integrations_syncrun"."dry_run",
            "integrations_syncrun"."full", "integrations_syncrun"."stages",
            "integrations_syncrun"."fence", "integrations_syncrun"."started_at",
            "integrations_syncrun"."finished_at", "integrations_syncrun"."cancel_requested",
            "integrations_syncrun"."progress", "integrations_syncrun"."counts",
            "integrations_syncrun"."problems", "integrations_syncrun"."refused",
            "integrations_syncrun"."hold", "integrations_syncrun"."announced",
            "integrations_syncrun"."requests", "integrations_syncrun"."items",
            "integrations_syncrun"."throttled_seconds", "integrations_syncrun"."error"
        FROM "integrations_syncrun" WHERE "integrations_syncrun"."id" = %(run)s
        LIMIT 21 FOR UPDATE
    """,
    "finish": """
        UPDATE "integrations_syncrun" SET "tenant_id" = 1, "integration_id" = 1,
            "trigger" = 'manual', "asked_by" = 'shell:root', "asked_at" = now(),
            "state" = 'applied', "dry_run" = false, "full" = false,
            "stages" = '{users,photos,personal-contacts,company-contacts}'::varchar(17)[],
            "fence" = %(fence)s, "started_at" = now(), "finished_at" = now(),
            "cancel_requested" = false, "progress" = '{}'::jsonb, "counts" = '{}'::jsonb,
            "problems" = '[]'::jsonb, "refused" = '{}'::jsonb, "hold" = '', "announced" = true,
            "requests" = 0, "items" = 0, "throttled_seconds" = 0.0, "error" = NULL
        WHERE "integrations_syncrun"."id" = %(run)s
        RETURNING id
    """,
    "fail": """
        UPDATE "integrations_syncrun" SET "state" = 'failed', "finished_at" = now(),
            "error" = '{"code": "interrupted", "message": "", "help": ""}'::jsonb,
            "progress" = '{}'::jsonb
        WHERE ("integrations_syncrun"."id" = %(run)s
            AND "integrations_syncrun"."state" IN ('queued', 'running'))
        RETURNING id
    """,
    "note": """
        INSERT INTO "audit_auditentry" ("tenant_id", "at", "actor", "action", "subject", "detail")
        VALUES (NULL, now(), 'shell:root', 'run.cancelled', '1', '{}'::jsonb)
        RETURNING "audit_auditentry"."id"
    """,
}
"""What the version before the queue sent, as its Django and its .sql files wrote it (tag
issue-3-begins: store/runs.sql, vault.sql and users.sql as they are, integrations/run_operations.py
as logged by connection.queries), with ids, moments and long values filled in or made parameters,
and RETURNING where there was none."""


@dataclass(frozen=True)
class OldDatabase:
    """A database as the old program left it, and the program of now that is to use it."""

    office: Office
    conninfo: str

    @property
    def program(self) -> Program:
        """The program of now as a process."""
        return self.office.program

    def rows(self, query: str, *given: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with psycopg.connect(self.conninfo) as connection:
            return connection.execute(query.encode(), given).fetchall()

    def value(self, query: str, *given: object) -> Any:
        """Return the only value of a query."""
        ((value,),) = self.rows(query, *given)
        return value


class OldProgram:
    """What the old program does with one run, statement by statement."""

    def __init__(self, connection: "psycopg.Connection[tuple[Any, ...]]") -> None:
        self.connection = connection

    def do(self, name: str, **given: object) -> Any:
        """Execute a statement of the old program; return the first value of its only row."""
        row = self.connection.execute(OLD_SQL[name].encode(), given).fetchone()
        assert row is not None, name
        return row[0]
