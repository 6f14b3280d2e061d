"""Migrations only add, so that the version before goes on working beside a new one.

What is taken away is taken away a release later, by a migration that says so: `contract = True`,
the reason in its docstring, and in its name the oldest version that does without
(`0009_drop_x_needs_0_3`), which older programs read.
"""

import re
import sys
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib.postgres import operations as postgres
from django.db import migrations, models
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.models.fields import NOT_PROVIDED
from django.db.models.functions import Now

from rollcall.host.schema import needs

ALLOWED_ANYWHERE = (
    migrations.CreateModel,
    migrations.AlterModelOptions,
    migrations.AlterModelManagers,
    postgres.AddIndexConcurrently,
    postgres.AddConstraintNotValid,
    postgres.ValidateConstraint,
)

HARMLESS_SQL = re.compile(
    r"\s*(GRANT|CREATE POLICY|CREATE (UNIQUE )?INDEX CONCURRENTLY|CREATE FUNCTION|COMMENT ON"
    r"|ALTER TABLE \S+ (ENABLE ROW LEVEL SECURITY|ADD CONSTRAINT .* NOT VALID|VALIDATE CONSTRAINT)"
    r"|CREATE TRIGGER|INSERT INTO \w+_(search|phone)key "
    r"|DO \$(roles|act)\$)",
    re.DOTALL,
)
TABLE = re.compile(r"\b(?:TABLE|ON|INTO|UPDATE|FROM) (?:ONLY )?([a-z_]+)\b")

OLDER_THAN_THE_RULE = {"integrations.0002_always_on": 4}
"""How many operations lock a table that is there already: three indexes and a reference of the
runs, of which the version before kept one a night. They take about a second a million."""


def our_migrations() -> Iterator[Migration]:
    """Yield the migrations of our apps after the first of each."""
    loader = MigrationLoader(None, load=False)
    loader.load_disk()
    for (app, name), migration in sorted((loader.disk_migrations or {}).items()):
        if apps.get_app_config(app).name.startswith("rollcall.") and name != "0001_initial":
            yield migration


def check_migration(migration: Migration, reason: str) -> list[str]:
    """Return what is wrong with a migration."""
    if getattr(migration, "contract", False):
        wrong = [] if needs(migration.name) else ["its name does not end with _needs_VERSION"]
        return wrong + ([] if len(reason) > 40 else ["its docstring gives no reason"])
    made = {
        f"{migration.app_label}_{operation.name_lower}"
        for operation in migration.operations
        if isinstance(operation, migrations.CreateModel)
    }
    return [
        wrong
        for operation in migration.operations
        for wrong in check_operation(operation, migration.app_label, made)
    ]


def check_operation(operation: Operation, app: str, made: set[str]) -> Iterator[str]:
    """Yield what is wrong with an operation; `made` are tables of the same migration."""
    if isinstance(operation, migrations.RunSQL):
        yield from check_sql(operation.sql, made)
        return
    if isinstance(operation, migrations.SeparateDatabaseAndState):
        for below in operation.database_operations:
            yield from check_operation(below, app, made)
        return
    table = f"{app}_{getattr(operation, 'model_name', '').lower()}"
    if isinstance(operation, ALLOWED_ANYWHERE) or table in made:
        return
    if isinstance(operation, migrations.AddField):
        if not operation.field.null and operation.field.db_default is NOT_PROVIDED:
            yield f"{operation.describe()}: the old version's INSERT does not name it"
    else:
        yield f"{operation.describe()}: takes something away, or locks a table for long"


def check_sql(sql: object, made: set[str]) -> Iterator[str]:
    """Yield the statements that are neither harmless nor about a table of the same migration."""
    statements = [sql] if isinstance(sql, str) else list(sql)  # type: ignore[call-overload]
    for each in statements:
        text = str(each if isinstance(each, str) else each[0])
        tables = set(TABLE.findall(text))
        if not HARMLESS_SQL.match(text) and not (tables and tables <= made):
            yield f"{' '.join(text.split())[:90]}: takes something away, or locks a table for long"


def test_every_migration_only_adds_or_says_why_it_does_not() -> None:
    found = {
        f"{migration.app_label}.{migration.name}": check_migration(migration, docstring(migration))
        for migration in our_migrations()
    }

    assert found
    wrong = {name: lines for name, lines in found.items() if lines}
    assert {name: len(lines) for name, lines in wrong.items()} == OLDER_THAN_THE_RULE, wrong


def docstring(migration: Migration) -> str:
    return sys.modules[type(migration).__module__].__doc__ or ""


@pytest.mark.parametrize(
    "operation",
    [
        migrations.CreateModel("New", [("id", models.BigAutoField(primary_key=True))]),
        migrations.AddField("old", "x", models.TextField(null=True)),
        migrations.AddField("old", "x", models.TextField(default="", db_default="")),
        migrations.AddField("old", "x", models.DateTimeField(db_default=Now())),
        postgres.AddIndexConcurrently("old", models.Index(fields=["x"], name="x")),
        postgres.AddConstraintNotValid(
            "old", models.CheckConstraint(condition=models.Q(x=1), name="x")
        ),
        migrations.RunSQL("GRANT SELECT (id) ON app_old TO rollcall_system"),
        migrations.RunSQL(["ALTER TABLE app_old ADD CONSTRAINT x CHECK (true) NOT VALID"]),
    ],
    ids=lambda operation: operation.describe(),
)
def test_an_operation_that_only_adds_is_allowed(operation: Operation) -> None:
    assert list(check_operation(operation, "app", made=set())) == []


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddField("old", "x", models.TextField()),
        migrations.AddField("old", "x", models.TextField(default="")),
        migrations.RemoveField("old", "x"),
        migrations.DeleteModel("Old"),
        migrations.RenameField("old", "x", "y"),
        migrations.AlterField("old", "x", models.TextField()),
        migrations.AddIndex("old", models.Index(fields=["x"], name="x")),
        migrations.AddConstraint("old", models.CheckConstraint(condition=models.Q(x=1), name="x")),
        migrations.RunPython(lambda _apps, _editor: None),
        migrations.RunSQL("ALTER TABLE app_old DROP COLUMN x"),
        migrations.RunSQL("UPDATE app_old SET x = 1"),
        migrations.RunSQL("ALTER TABLE app_old ADD CONSTRAINT x CHECK (true)"),
        migrations.RunSQL("REVOKE SELECT ON app_old FROM rollcall_web"),
        migrations.RunSQL([("DELETE FROM app_old WHERE id = %s", [1])]),
    ],
    ids=lambda operation: operation.describe(),
)
def test_an_operation_that_takes_away_is_found_out(operation: Operation) -> None:
    assert len(list(check_operation(operation, "app", made={"app_new"}))) == 1


def test_a_migration_that_takes_away_says_so_in_its_name_and_why() -> None:
    class Dropping(Migration):
        contract = True
        operations = (migrations.RemoveField("old", "x"),)

    reason = "Nothing has read x since version 0.2, where y came in its place."
    assert check_migration(Dropping("0009_drop_x_needs_0_2", "app"), reason) == []
    assert len(check_migration(Dropping("0009_drop_x", "app"), reason)) == 1
    assert len(check_migration(Dropping("0009_drop_x_needs_0_2", "app"), "")) == 1
