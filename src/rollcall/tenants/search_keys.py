"""Search keys: what people type, found by the beginning of any word, fast under row-level security.

PostgreSQL uses an index below a policy only for operators that are known not to leak, and those
of LIKE, full text and lower() are not. So each searched table has a table of keys beside it: a row
for each word of a name, with all that follows the word ("anna schmidt", "schmidt"), folded, COLLATE
"C"; a prefix is a range of it. The row of the whole name gives lists their order. Statement
triggers keep the keys, whoever writes. The SQL is for migrations, the rest for queries.
"""

from typing import Final, TypeVar

import msgspec
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.migrations import RunSQL
from django.db.models import BooleanField, F, Func, Model, QuerySet

KEY_LENGTH: Final = 80
WORDS: Final = 8
"""Of longer names, what comes after so many characters or words is not searched."""

TYPED: Final = 100
LAST: Final = "\U0010ffff"
"""No text goes on with this character, so a prefix ends before it."""

_APART: Final = ',;:./\\-_()[]{}"&+|@#<>!?*=~–—·\t\n\u00a0'
"""What stands between words; apostrophes do not (O’Brien is one word)."""


M = TypeVar("M", bound=Model)


class TypedWords(msgspec.Struct, frozen=True):
    """What somebody typed, folded: keys that begin with `lead` are looked through.

    `others` are words that must begin some other key of the row, whatever their order; a single
    word, or something with an @, has none: it is one phrase.
    """

    lead: str
    others: tuple[str, ...] = ()

    @property
    def end(self) -> str:
        """What comes after the last key that begins with `lead`."""
        return self.lead + LAST


def fold_typed(text: str) -> TypedWords | None:
    """Return the words of a search, or None if there are none: the database folds as for keys."""
    typed = text[:TYPED].replace("\0", "")
    with connection.cursor() as cursor:
        cursor.execute("SELECT rollcall_search_fold(%s)", [typed])
        words = cursor.fetchone()[0].split()
    if not words:
        return None
    if "@" in typed:
        return TypedWords(lead=" ".join(words)[:KEY_LENGTH])
    first, *others = sorted(dict.fromkeys(words[:WORDS]), key=len, reverse=True)
    return TypedWords(lead=first[:KEY_LENGTH], others=tuple(others))


class Among(Func):
    """Whether a column is among the rows of a subquery, looked up in a set that is made once.

    A join would be planned for what the planner believes of words, and it knows nothing of them.
    """

    template = "(%(expressions)s))"
    arg_joiner = " = ANY ("
    output_field = BooleanField()


def with_words(keys: QuerySet[M], typed: TypedWords, *, row_key: str) -> QuerySet[M]:
    """Return the keys that begin with what was typed, of rows that have all other words, too."""
    found = keys.filter(key__gte=typed.lead, key__lt=typed.end)
    for word in typed.others:
        rows = keys.filter(key__gte=word, key__lt=word + LAST).values(row_key)
        found = found.filter(Among(F(row_key), ArraySubquery(rows)))
    return found


def prefix_ranges(digits: str, *, longest: int) -> list[tuple[int, int]]:
    """Return the numbers that begin with `digits`, as ranges: from, and up to but without."""
    start = int(digits)
    return [(start * 10**more, (start + 1) * 10**more) for more in range(longest - len(digits) + 1)]


class SearchedTable(msgspec.Struct, frozen=True):
    """A table whose rows are found by keys. For migrations.

    `keys` is the table of the keys, `row_key` its column with the id of a row of `table`; both
    tables have the columns `own`. `name`, `also` and `phrase` are made of the columns `columns`:
    the name is found by each of its words, so is what stands in `also`; a phrase by its beginning.
    """

    table: str
    keys: str
    row_key: str
    own: tuple[str, ...]
    columns: tuple[str, ...]
    name: str
    also: str
    phrase: str = "''"


def search_functions() -> tuple[RunSQL, ...]:
    """Make the functions that all search keys are made by."""
    return (
        RunSQL(_FOLD.replace("{apart}", _APART).replace("{spaces}", " " * len(_APART))),
        RunSQL(_KEYS),
    )


def keep_search_keys(searched: SearchedTable) -> tuple[RunSQL, ...]:
    """Let triggers keep the keys."""
    columns = ", ".join(("id", *searched.own, *searched.columns))
    left, right = f"SELECT {columns} FROM old_rows", f"SELECT {columns} FROM new_rows"  # noqa: S608 - the names are those of migrations
    old, new = f"({left} EXCEPT {right}) r", f"({right} EXCEPT {left}) r"
    again = _insert(searched, new, unless=_UNLESS_THERE)
    return (
        _trigger(searched, "insert", _insert(searched, "new_rows r")),
        _trigger(searched, "update", f"{_delete(searched, old)} {again}"),
        _trigger(searched, "delete", _delete(searched, "old_rows r")),
    )


def fill_search_keys(searched: SearchedTable) -> RunSQL:
    """Make the keys of the rows that are there already."""
    return RunSQL(_insert(searched, f"{searched.table} r", unless=_UNLESS_THERE), RunSQL.noop)


_UNLESS_THERE: Final = "ON CONFLICT DO NOTHING"
_TABLES: Final = {
    "insert": "NEW TABLE AS new_rows",
    "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "delete": "OLD TABLE AS old_rows",
}


def _trigger(searched: SearchedTable, event: str, body: str) -> RunSQL:
    name = f"{searched.table}_search_{event}"
    function = (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql "
        "SET enable_seqscan = off AS "
        f"$keys$ DECLARE gone record; BEGIN {body} RETURN NULL; END $keys$"
    )
    trigger = (
        f"CREATE TRIGGER {name} AFTER {event.upper()} ON {searched.table} "
        f"REFERENCING {_TABLES[event]} FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    )
    return RunSQL([function, trigger], RunSQL.noop)


def _made(searched: SearchedTable, rows: str) -> str:
    own = ", ".join(f"r.{column}" for column in searched.own)
    given = f"{searched.name}, ARRAY[{searched.also}], {searched.phrase}"
    return (
        f"SELECT {own}, r.id, made.key, made.place = 1 FROM {rows} CROSS JOIN LATERAL "  # noqa: S608 - as above
        f"unnest(rollcall_search_keys({given})) WITH ORDINALITY AS made (key, place)"
    )


def _insert(searched: SearchedTable, rows: str, *, unless: str = "") -> str:
    names = ", ".join((*searched.own, searched.row_key, "key", "whole"))
    return f"INSERT INTO {searched.keys} ({names}) {_made(searched, rows)} {unless};"


def _delete(searched: SearchedTable, rows: str) -> str:
    # One by one: a join would be planned for what the first statement of a session finds.
    columns = (*searched.own, searched.row_key, "key")
    same = " AND ".join(f"{name} = gone.{name}" for name in columns)
    return (
        f"FOR gone IN SELECT * FROM ({_made(searched, rows)}) "  # noqa: S608 - as above
        f"AS made ({', '.join(columns)}, whole) "
        f"LOOP DELETE FROM {searched.keys} WHERE {same}; END LOOP;"
    )


_FOLD: Final = """
CREATE FUNCTION rollcall_search_fold(value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $fold$
DECLARE folded text := lower(value);
BEGIN
    IF octet_length(value) <> char_length(value) THEN
        folded := lower(normalize(value, NFKD));
        folded := replace(regexp_replace(folded, '[\u0300-\u036f]', '', 'g'), 'ß', 'ss');
    END IF;
    folded := btrim(translate(folded, '{apart}''’`', '{spaces}'));
    IF strpos(folded, '  ') > 0 THEN
        folded := regexp_replace(folded, ' +', ' ', 'g');
    END IF;
    RETURN folded;
END $fold$
""".strip()

_KEYS: Final = f"""
CREATE FUNCTION rollcall_search_keys(name text, also text[], phrase text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $keys$
DECLARE
    said text := rollcall_search_fold(name);
    made text[] := ARRAY[left(said, {KEY_LENGTH})];
    part text;
    place integer;
BEGIN
    FOR word IN 2..{WORDS} LOOP
        place := strpos(said, ' ');
        EXIT WHEN place = 0;
        said := substr(said, place + 1);
        part := left(said, {KEY_LENGTH});
        CONTINUE WHEN part = ANY (made);
        made := made || part;
    END LOOP;
    FOREACH said IN ARRAY also LOOP
        CONTINUE WHEN said = name OR said = ' ';
        said := rollcall_search_fold(said);
        FOR word IN 1..{WORDS} LOOP
            EXIT WHEN said = '';
            part := left(said, {KEY_LENGTH});
            IF part <> ALL (made) THEN
                made := made || part;
            END IF;
            place := strpos(said, ' ');
            EXIT WHEN place = 0;
            said := substr(said, place + 1);
        END LOOP;
    END LOOP;
    part := left(rollcall_search_fold(phrase), {KEY_LENGTH});
    IF part <> '' AND part <> ALL (made) THEN
        made := made || part;
    END IF;
    RETURN made;
END $keys$
""".strip()
