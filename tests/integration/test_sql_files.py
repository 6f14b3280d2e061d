"""Every statement of the store fits the tables that Django makes."""

import re
from pathlib import Path

import psycopg
import pytest

import rollcall.store
from rollcall.store.sql import load_statements

FILES = sorted(path.name for path in Path(rollcall.store.__path__[0]).glob("*.sql"))
COPY = re.compile(r"COPY (?P<table>\w+)(?: \((?P<columns>[^)]*)\))?\s+FROM STDIN")


@pytest.mark.parametrize("file", FILES)
def test_all_statements_of_a_file_can_be_prepared(conninfo: str, file: str) -> None:
    statements = load_statements(file)
    with psycopg.connect(conninfo) as connection:
        for text in statements.values():
            if "CREATE TEMPORARY TABLE" in text:
                connection.execute(text)
        for name, text in statements.items():
            if text.split("\n")[-1].startswith("ANALYZE "):
                connection.execute(text)  # a command that PREPARE does not take
            elif match := COPY.search(text):
                _check_columns(connection, match["table"], match["columns"])
            elif "CREATE TEMPORARY TABLE" not in text:
                connection.execute(f"PREPARE {name} AS {numbered(text)}")


def numbered(text: str) -> str:
    """Write psycopg's named parameters as PostgreSQL's numbered ones."""
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", text)))
    for number, name in enumerate(names, start=1):
        text = text.replace(f"%({name})s", f"${number}")
    return text


def _check_columns(connection: psycopg.Connection, table: str, columns: str | None) -> None:
    if columns is None:
        assert table.startswith("staged_"), "a COPY into a table of ours names its columns"
        return
    named = {column.strip() for column in columns.split(",")}
    rows = connection.execute(
        "SELECT column_name, is_nullable, column_default, is_identity "
        "FROM information_schema.columns WHERE table_name = %s",
        [table],
    ).fetchall()
    assert named <= {name for name, *_ in rows}
    needed = {
        name
        for name, nullable, default, identity in rows
        if nullable == "NO" and default is None and identity == "NO"
    }
    assert needed <= named


def test_each_statement_says_in_a_line_what_it_is_for() -> None:
    silent = [
        f"{file}: {name}"
        for file in FILES
        for name, text in load_statements(file).items()
        if not text.startswith(("-- ", "COPY "))
    ]
    assert silent == []
