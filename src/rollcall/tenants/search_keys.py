"""Search keys: what people type, found by the beginning of any word, fast under row-level security.

PostgreSQL uses an index below a policy only for operators that are known not to leak, and those
of LIKE, full text and lower() are not. So each searched table has a table of keys beside it: a row
for each word of a name, with all that follows the word ("anna schmidt", "schmidt"), folded, COLLATE
"C"; a prefix is a range of it. The row of the whole name gives lists their order. Statement
triggers keep the keys, whoever writes. The SQL is for migrations, the rest for queries.
"""

from collections.abc import Iterable
from typing import Final

import msgspec
from django.db import connection
from django.db.migrations import RunSQL

KEY_LENGTH: Final = 80
WORDS: Final = 8
"""Of longer names, what comes after so many characters or words is not searched."""

TYPED: Final = 100
LAST: Final = "\U0010ffff"
"""No text goes on with this character, so a prefix ends before it."""

_APART: Final = ',;:./\\-_()[]{}"&+|@#<>!?*=~–—·\t\n\u00a0'
"""What stands between words; apostrophes do not (O’Brien is one word)."""


class TypedWords(msgspec.Struct, frozen=True):
    """What somebody typed, as it stands in keys: all of it, and its words, the longest first."""

    text: str
    words: tuple[str, ...]

    @property
    def first(self) -> str:
        """The lowest key that begins with the longest word, or with all of a single phrase."""
        return self.words[0]

    @property
    def end(self) -> str:
        """What comes after the highest such key."""
        return self.words[0] + LAST


def fold_typed(text: str) -> TypedWords | None:
    """Return the words of a search, or None if there are none: the database folds as for keys."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rollcall_search_words(%s)", [text[:TYPED].replace("\0", "")])
        (words,) = cursor.fetchone()
    longest = sorted(dict.fromkeys(words), key=len, reverse=True)
    return TypedWords(text=" ".join(words), words=tuple(longest)) if words else None


def search_functions() -> tuple[RunSQL, ...]:
    """Make the functions that all search keys are made by."""
    spaces = " " * len(_APART)
    apart = _APART.replace("'", "''")
    return (
        _function(
            "rollcall_search_words(value text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE",
            f"""
            SELECT (array_remove(string_to_array(translate(CASE
                WHEN octet_length(value) = char_length(value) THEN lower(value)
                ELSE replace(regexp_replace(
                    lower(normalize(value, NFKD)), '[\u0300-\u036f]', '', 'g'), 'ß', 'ss')
            END, '{apart}''’`', '{spaces}'), ' '), ''))[1:{WORDS}]
            """,
        ),
        _function(
            "rollcall_search_keys(name text, also text) "
            "RETURNS TABLE (key text, whole boolean) LANGUAGE sql IMMUTABLE PARALLEL SAFE",
            f"""
            WITH named AS (SELECT rollcall_search_words(name) AS words),
                other AS (SELECT rollcall_search_words(also) AS words WHERE also <> '')
            SELECT left(array_to_string(words[place:], ' '), {KEY_LENGTH}), place = 1
            FROM named, generate_series(1, greatest(cardinality(words), 1)) AS place
            UNION ALL
            SELECT left(array_to_string(other.words[place:], ' '), {KEY_LENGTH}), false
            FROM other, generate_series(1, cardinality(other.words)) AS place
            """,
        ),
    )


def keep_search_keys(  # noqa: PLR0913 - each is a name in the SQL
    table: str, *, keys: str, source: str, row_key: str, columns: Iterable[str], made_by: str
) -> tuple[RunSQL, ...]:
    """Let triggers on `table` keep the rows of `keys`.

    `source` names the columns of `keys` that come from a row (`{row}` is its alias), `row_key` the
    column of `keys` that holds the row's id, `made_by` the keys' function with its arguments.
    """
    own = [column.strip() for column in source.split(",")]
    names = ", ".join([*own, row_key, "key", "whole"])

    def made(rows: str, alias: str = "r") -> str:
        values = ", ".join(f"{alias}.{column}" for column in own)
        return (
            f"SELECT {values}, {alias}.id, made.key, made.whole "
            f"FROM {rows} CROSS JOIN LATERAL {made_by.format(row=alias)} AS made"
        )

    changed = " OR ".join(f"a.{name} IS DISTINCT FROM b.{name}" for name in (*own, *columns))
    both = f"old_rows a JOIN new_rows b ON b.id = a.id AND ({changed})"
    same = " AND ".join(f"k.{name} = gone.{name}" for name in (*own, row_key, "key"))
    insert = f"INSERT INTO {keys} ({names})"
    drop = f"DELETE FROM {keys} k USING"
    gone = f"AS gone ({names}) WHERE {same};"
    return (
        _trigger(table, "insert", f"{insert} {made('new_rows r')} ON CONFLICT DO NOTHING;"),
        _trigger(
            table,
            "update",
            f"{drop} ({made(both, 'a')}) {gone} {insert} {made(both, 'b')} ON CONFLICT DO NOTHING;",
        ),
        _trigger(table, "delete", f"{drop} ({made('old_rows r')}) {gone}"),
    )


def fill_search_keys(table: str, *, keys: str, source: str, row_key: str, made_by: str) -> RunSQL:
    """Make the keys of the rows that are there already."""
    own = [column.strip() for column in source.split(",")]
    values = ", ".join(f"r.{column}" for column in own)
    return RunSQL(
        f"INSERT INTO {keys} ({', '.join([*own, row_key, 'key', 'whole'])}) "  # noqa: S608 - names from migrations
        f"SELECT {values}, r.id, made.key, made.whole FROM {table} r "
        f"CROSS JOIN LATERAL {made_by.format(row='r')} AS made ON CONFLICT DO NOTHING",
        RunSQL.noop,
    )


_TABLES: Final = {
    "insert": "NEW TABLE AS new_rows",
    "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "delete": "OLD TABLE AS old_rows",
}


def _trigger(table: str, event: str, body: str) -> RunSQL:
    name = f"{table}_search_{event}"
    return RunSQL(
        [
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$keys$ BEGIN {body} RETURN NULL; END $keys$",
            f"CREATE TRIGGER {name} AFTER {event.upper()} ON {table} "
            f"REFERENCING {_TABLES[event]} FOR EACH STATEMENT EXECUTE FUNCTION {name}()",
        ],
        RunSQL.noop,
    )


def _function(head: str, body: str) -> RunSQL:
    return RunSQL(f"CREATE FUNCTION {head} AS $search${body}$search$", RunSQL.noop)
