"""Several words find the same rows, in the same order, whatever way the database takes to them."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.integration.webphone.conftest import Company, MakeCompany

MANY = 9000
BOOK = """
    INSERT INTO phonebook_addressbook (tenant_id, scope, mailbox, status, shape)
    VALUES (%(tenant)s, 'company', 'm', 'read', '') RETURNING id
"""
CONTACTS = """
    INSERT INTO phonebook_contact (tenant_id, book_id, holder, directory_contact_id, folder_id,
        fingerprint, display_name, first_name, last_name, company, job_title, department, emails,
        addresses)
    SELECT %(tenant)s, %(book)s, 0, n::text, '', '', (ARRAY['Anna', 'Bernd'])[1 + n %% 2] || ' '
        || (ARRAY['Thal', 'Berg', 'Au'])[1 + n %% 3] || n %% 700, '', '',
        'Firm ' || (ARRAY['GmbH', 'Ltd'])[1 + n / 2 %% 2] || CASE n %% 1500 WHEN 0 THEN ' Rare'
            ELSE '' END, '', '', '[]', '[]'
    FROM generate_series(1, %(many)s) AS n
"""
PLAINLY = """
    SELECT k.contact_id, k.key FROM phonebook_searchkey k
    WHERE tenant_id = %(tenant)s AND holder = 0 AND starts_with(key, %(lead)s)
        AND NOT EXISTS (
            SELECT FROM unnest(%(others)s::text[]) AS word WHERE NOT EXISTS (
                SELECT FROM phonebook_searchkey o
                WHERE o.contact_id = k.contact_id AND starts_with(o.key, word)))
    ORDER BY 2, 1 LIMIT %(wanted)s
"""
FIND = """
    SELECT found_row, found_key
    FROM phonebook_contact_find(%(tenant)s, 0, rollcall_search_words(%(text)s), %(wanted)s)
"""
WAYS = {
    "one word": "thal",
    "both common": "anna firm",
    "both common, in the other order": "firm ltd",
    "one rare": "firm rare",
    "a rare one leads": "rare b a",
    "few rows of a common and a scarce one": "anna berg1",
    "nobody has both": "anna bernd",
    "nobody has all three": "firm bernd anna",
    "all three common": "gmbh firm a",
    "nobody": "firm xyz",
    "the longest is in hardly any": "thal699 firm",
    "single letters": "a b f g t",
}


@pytest.fixture
def web(company: Company, conninfo: str) -> Iterator[tuple[psycopg.Connection, int]]:
    """The web's role in the company's scope, among very many contacts."""
    tenant = company.tenant.id
    with psycopg.connect(conninfo) as owner:
        row = owner.execute(BOOK, {"tenant": tenant}).fetchone()
        assert row is not None
        owner.execute(CONTACTS, {"tenant": tenant, "book": row[0], "many": MANY})
    with psycopg.connect(make_conninfo(conninfo, user="rollcall_web")) as connection:
        connection.execute("SELECT set_config('app.tenant', %s, false)", [str(tenant)])
        yield connection, tenant


def test_every_way_finds_the_same(web: tuple[psycopg.Connection, int]) -> None:
    connection, tenant = web
    counts = {}
    for name, text in WAYS.items():
        lead, *others = sorted(text.split(), key=len, reverse=True)
        plainly: list[tuple[int, str]] = []
        for wanted in (3, 27, MANY):
            values = {"tenant": tenant, "lead": lead, "others": others, "text": text}
            plainly = connection.execute(PLAINLY, {**values, "wanted": wanted}).fetchall()
            assert connection.execute(FIND, {**values, "wanted": wanted}).fetchall() == plainly, (
                name,
                wanted,
            )
        counts[name] = len(plainly)
    assert counts["both common"] > 4000
    assert counts["one rare"] == MANY / 1500
    assert counts["nobody has both"] == counts["nobody has all three"] == 0


def test_the_list_by_name_is_what_no_word_finds(web: tuple[psycopg.Connection, int]) -> None:
    connection, tenant = web
    found = connection.execute(FIND, {"tenant": tenant, "text": " ", "wanted": 5}).fetchall()

    assert len(found) == 5
    assert all(key.startswith("anna au") for _, key in found)
    assert sorted(found, key=lambda each: (each[1], each[0])) == found


def test_a_function_shows_no_more_than_the_scope(
    web: tuple[psycopg.Connection, int], new_company: MakeCompany
) -> None:
    connection, tenant = web
    other = new_company("fabrikam")
    other.add_company_contact("Anna Firm Foreign", "030 1")
    mine = {"tenant": tenant, "text": "anna firm", "wanted": 5}

    assert len(connection.execute(FIND, mine).fetchall()) == 5
    for text in ("anna firm", "anna", "", "foreign anna"):
        foreign = {"tenant": other.tenant.id, "text": text, "wanted": 5}
        assert connection.execute(FIND, foreign).fetchall() == []


def test_only_colleagues_who_work_are_found(company: Company, conninfo: str) -> None:
    tenant = company.tenant.id
    company.add_person(2002, "Anna Zander")
    with psycopg.connect(conninfo) as owner:
        owner.execute(
            "UPDATE telephony_extension SET state = 'blocked', blocked_at = now() "
            "WHERE number = 2000"
        )
        found = [
            owner.execute(
                "SELECT found_key FROM telephony_extension_find("
                "%s, 0, rollcall_search_words(%s), 5)",
                [tenant, text],
            ).fetchall()
            for text in ("anna", "anna z", "anna b", "")
        ]
    assert found == [
        [("anna zander",)],
        [("anna zander",)],
        [],
        [("anna zander",), ("bernd thal",)],
    ]
