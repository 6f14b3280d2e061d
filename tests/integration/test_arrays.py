"""Arrays that are written as text arrive as they were, whatever is in them."""

import psycopg
from hypothesis import given
from hypothesis import strategies as st

from rollcall.store.sql import write_array

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


def test_an_array_is_read_as_it_was_written(conninfo: str) -> None:
    with psycopg.connect(conninfo) as connection:

        @given(st.lists(TEXTS))
        def try_array(texts: list[str]) -> None:
            row = connection.execute("SELECT %s::text[]", [write_array(texts)]).fetchone()
            assert row == (texts,)

        try_array()
