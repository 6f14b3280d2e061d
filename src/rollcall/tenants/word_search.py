"""What several words find, at a price that hardly grows with how many have one of them.

A function in the database for each searched table, made of its search keys (search_keys) and bound
by the policies of whoever calls it. Where a word is rare, its rows are asked for the longest word.
Otherwise keys that begin with the longest word are read in their order, and each row is asked for
the other words, until enough are found: that is soon where all are common. Where it is not, because
hardly any row has both, their rows are made sets. What is found, and its order, are the same in all
three. The SQL is for migrations.
"""

from typing import Final

from django.db.migrations import RunSQL

from rollcall.tenants.search_keys import KEY_LENGTH, LAST, TYPED, WORDS, SearchedTable

STEPS: Final = 2000
"""So many rows with the longest word are asked for the others first."""

VERY_FEW: Final = 500
FEW: Final = 4000
"""So many rows of another word are asked for the longest one: before those steps, and after."""

_WORDS: Final = f"""
CREATE FUNCTION rollcall_search_words(typed text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $words$
    SELECT CASE
        WHEN said = '' THEN '{{}}'
        WHEN strpos(typed, '@') > 0 THEN ARRAY[left(said, {KEY_LENGTH})]
        ELSE ARRAY(
            SELECT left(word, {KEY_LENGTH})
            FROM unnest((string_to_array(said, ' '))[:{WORDS}]) WITH ORDINALITY AS w (word, place)
            GROUP BY word ORDER BY char_length(word) DESC, min(place)
        ) END
    FROM (SELECT rollcall_search_fold(left(typed, {TYPED})) AS said) AS folded
$words$
""".strip()  # noqa: S608 - the names stand here

_SETTINGS: Final = (
    "SET enable_seqscan = off SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan"
)


def word_functions() -> RunSQL:
    """Make the function that tells what was typed: the longest word first, then the others."""
    return RunSQL(_WORDS, RunSQL.noop)


def find_by_words(searched: SearchedTable, *, only: str = "") -> RunSQL:
    """Make the function that finds rows by words, in the order of the keys of the longest one.

    `only` is a condition on its rows `r`. At most `wanted` keys are returned, of which several may
    be one row's. Without a word it is the beginning of the list by name.
    """
    names = {"keys": searched.keys, "row": searched.row_key}
    held = " AND near.holder = in_holder" if "holder" in searched.own else ""
    shown = _SHOWN.format(**names, table=searched.table, only=only) if only else "true"
    text = _FIND.format(
        **names,
        table=searched.table,
        own=f"near.tenant_id = in_tenant{held}",
        shown=shown,
        is_it=_IS_IT.format(**names, shown=shown),
        last=LAST,
        steps=STEPS,
        few=FEW,
        very_few=VERY_FEW,
        settings=_SETTINGS,
    )
    return RunSQL(text, RunSQL.noop)


_FIND: Final = """
CREATE FUNCTION {table}_find(
    in_tenant bigint, in_holder bigint, words text[], wanted bigint
) RETURNS TABLE (found_row bigint, found_key text) LANGUAGE plpgsql STABLE {settings} AS $find$
#variable_conflict use_column
DECLARE
    lead text := words[1];
    beyond text := words[1] || '{last}';
    others text[] := words[2:];
    ends text[] := ARRAY(
        SELECT w.word || '{last}' FROM unnest(words[2:]) WITH ORDINALITY AS w (word, place)
        ORDER BY w.place);
    word text;
    rare text;
    number bigint;
    fewest bigint;
    most bigint := {very_few};
    last_key text := '';
    last_row bigint := 0;
BEGIN
    IF lead IS NULL THEN
        RETURN QUERY SELECT near.{row}, near.key FROM {keys} near
            WHERE {own} AND near.whole AND {shown}
            ORDER BY near.key, near.{row} LIMIT wanted;
        RETURN;
    END IF;
    IF cardinality(others) = 0 THEN
        RETURN QUERY SELECT near.{row}, near.key FROM {keys} near
            WHERE {own} AND near.key >= lead AND near.key < beyond AND {shown}
            ORDER BY near.key, near.{row} LIMIT wanted;
        RETURN;
    END IF;
    LOOP
        fewest := most + 1;
        FOREACH word IN ARRAY others LOOP
            SELECT count(*) INTO number FROM (
                SELECT FROM {keys} near
                WHERE {own} AND near.key >= word AND near.key < word || '{last}'
                LIMIT fewest
            ) part;
            IF number < fewest THEN
                fewest := number;
                rare := word;
            END IF;
        END LOOP;
        IF rare IS NOT NULL THEN
            RETURN QUERY SELECT near.{row}, near.key FROM (
                    SELECT few.{row}, with_lead.key FROM (
                        SELECT DISTINCT near.{row} FROM {keys} near
                        WHERE {own} AND near.key >= rare AND near.key < rare || '{last}'
                    ) few
                    CROSS JOIN LATERAL (
                        SELECT near.key FROM {keys} near
                        WHERE {own} AND near.{row} = few.{row}
                            AND near.key >= lead AND near.key < beyond
                            AND (near.key, near.{row}) > (last_key, last_row)
                        OFFSET 0
                    ) with_lead
                ) near
                WHERE {is_it}
                ORDER BY near.key, near.{row} LIMIT wanted;
            RETURN;
        END IF;
        EXIT WHEN most = {few};
        most := {few};
        RETURN QUERY SELECT near.{row}, near.key FROM (
                SELECT near.{row}, near.key FROM {keys} near
                WHERE {own} AND near.key >= lead AND near.key < beyond
                ORDER BY near.key, near.{row} LIMIT {steps}
            ) near
            WHERE {is_it}
            ORDER BY near.key, near.{row} LIMIT wanted;
        GET DIAGNOSTICS number = ROW_COUNT;
        wanted := wanted - number;
        EXIT WHEN wanted = 0;
        SELECT near.{row}, near.key INTO last_row, last_key FROM {keys} near
            WHERE {own} AND near.key >= lead AND near.key < beyond
            ORDER BY near.key, near.{row} LIMIT 1 OFFSET {steps} - 1;
        EXIT WHEN NOT FOUND;
    END LOOP;
    IF wanted = 0 OR last_key IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT near.{row}, near.key FROM (
            SELECT near.{row}, near.key FROM {keys} near
            WHERE {own} AND near.key >= lead AND near.key < beyond
                AND (near.key, near.{row}) > (last_key, last_row)
                AND near.{row} = ANY (ARRAY(
                    SELECT near.{row} FROM {keys} near
                    WHERE {own} AND near.key >= others[1] AND near.key < others[1] || '{last}'))
            ORDER BY near.key, near.{row}
        ) near
        WHERE {is_it}
        ORDER BY near.key, near.{row} LIMIT wanted;
END $find$
""".strip()

_IS_IT: Final = """CASE
            WHEN NOT EXISTS (
                SELECT FROM {keys} c WHERE c.tenant_id = in_tenant AND c.{row} = near.{row}
                    AND c.key >= others[1] AND c.key < ends[1] OFFSET 0) THEN false
            WHEN cardinality(others) > 1 AND NOT EXISTS (
                SELECT FROM {keys} c WHERE c.tenant_id = in_tenant AND c.{row} = near.{row}
                    AND c.key >= others[2] AND c.key < ends[2] OFFSET 0) THEN false
            WHEN cardinality(others) > 2 AND EXISTS (
                SELECT FROM unnest(others[3:], ends[3:]) AS o (word, word_end) WHERE NOT EXISTS (
                    SELECT FROM {keys} c WHERE c.tenant_id = in_tenant AND c.{row} = near.{row}
                        AND c.key >= o.word AND c.key < o.word_end)) THEN false
            ELSE {shown} END"""
"""Whether a row with the longest word has the others, too, and is one to show: in this order, for
which the planner has no reason of its own."""

_SHOWN: Final = """EXISTS (
            SELECT FROM {table} r WHERE r.tenant_id = in_tenant AND r.id = near.{row} AND {only}
            OFFSET 0)"""
