"""What is found by what one types is kept by the database, whoever writes."""

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from rollcall.phonebook.listing import list_page as contact_page
from rollcall.phonebook.models import SearchKey as ContactKey
from rollcall.phonebook.own_operations import ContactDraft, add_company_contact
from rollcall.telephony.listing import Wanted
from rollcall.telephony.listing import list_page as extension_page
from rollcall.telephony.models import Extension, SearchKey
from rollcall.telephony.operations import add_extension
from rollcall.tenants.key_pages import Place
from rollcall.tenants.statements import load_statements
from tests.integration.conftest import MakeSite
from tests.integration.test_sql_files import numbered
from tests.sites import Site

FILES = [
    ("rollcall.telephony", "ranges.sql"),
    ("rollcall.phonebook", "search.sql"),
    ("rollcall.phonebook", "glance.sql"),
]

KEYS_THAT_SHOULD_BE = """
    SELECT count(*) FROM (
        SELECT tenant_id, id, key FROM telephony_extension e
        CROSS JOIN LATERAL unnest(rollcall_search_keys(
            e.display_name, ARRAY[e.first_name || ' ' || e.last_name], e.email)) AS key
        EXCEPT SELECT tenant_id, extension_id, key FROM telephony_searchkey
    ) missing
"""


def keys_of(site: Site, number: int) -> list[tuple[str, bool]]:
    keys = SearchKey.objects.of(site.tenant.id).filter(extension__number=number)
    return list(keys.order_by("key").values_list("key", "whole"))


def test_a_name_has_a_key_for_each_word(new_site: MakeSite) -> None:
    site = new_site("people:1")
    fields = {"display_name": "Anna-Lena  O’Müller", "first_name": "Anne", "last_name": "Müller"}
    add_extension(site.tenant.id, number=2000, fields={**fields, "email": "A.M@x.example"})

    assert keys_of(site, 2000) == [
        ("a m x example", False),
        ("anna lena omuller", True),
        ("anne muller", False),
        ("lena omuller", False),
        ("muller", False),
        ("omuller", False),
    ]


@pytest.mark.parametrize("name", ["", "...", "x" * 5000, "a " * 500, "\u0301", "İI ıß", "🙂 smile"])
def test_any_name_has_one_key_that_stands_for_all_of_it(new_site: MakeSite, name: str) -> None:
    site = new_site("people:1")
    add_extension(site.tenant.id, number=2000, fields={"display_name": name})

    keys = keys_of(site, 2000)

    assert sum(whole for _, whole in keys) == 1
    assert len(keys) <= 9
    assert max(len(key) for key, _ in keys) <= 80


def test_a_sync_keeps_the_keys_and_a_deleted_tenant_leaves_none(
    new_site: MakeSite, conninfo: str
) -> None:
    site = new_site("people:20:3,shared=1", personal_contacts=True)
    site.set(company_contacts=True)
    site.sync()
    tenant_id = site.tenant.id
    with psycopg.connect(conninfo, autocommit=True) as connection:
        assert connection.execute(KEYS_THAT_SHOULD_BE).fetchone() == (0,)
        assert SearchKey.objects.of(tenant_id).filter(whole=True).count() == 20
        connection.execute(
            "UPDATE telephony_extension SET display_name = upper(display_name) || ' Junior'"
        )
        assert connection.execute(KEYS_THAT_SHOULD_BE).fetchone() == (0,)
        assert SearchKey.objects.of(tenant_id).filter(key="junior").count() == 20
        connection.execute("DELETE FROM tenants_tenant")
    assert SearchKey.objects.of(tenant_id).count() == 0
    assert ContactKey.objects.of(tenant_id).count() == 0


def test_the_webs_role_keeps_the_keys_of_its_own_rows(new_site: MakeSite, conninfo: str) -> None:
    site = new_site("people:1")
    add_extension(site.tenant.id, number=2000, fields={"display_name": "Before"})
    with psycopg.connect(make_conninfo(conninfo, user="rollcall_web")) as web:
        web.execute("SELECT set_config('app.tenant', %s, true)", [str(site.tenant.id)])
        web.execute("UPDATE telephony_extension SET display_name = 'After'")

    assert keys_of(site, 2000) == [("after", True)]
    assert Extension.objects.of(site.tenant.id).count() == 1


@pytest.mark.parametrize(("package", "file"), FILES)
def test_all_statements_of_an_app_can_be_prepared(conninfo: str, package: str, file: str) -> None:
    with psycopg.connect(conninfo) as connection:
        for name, text in load_statements(package, file).items():
            assert text.startswith("-- ")
            connection.execute(f"PREPARE {name} AS {numbered(text)}")


def test_several_words_are_found_in_any_order(new_site: MakeSite) -> None:
    tenant = new_site("people:1").tenant
    for number, name in enumerate(("Anna Berg", "Anna Thal", "Bernd Anna"), start=2000):
        add_extension(tenant.id, number=number, fields={"display_name": name})
    add_company_contact(tenant.id, ContactDraft(display_name="Ada King", company="Engines"))

    def found(text: str) -> list[str]:
        rows = extension_page(tenant.id, Wanted(text=text)).rows
        return [row.display_name for row in rows]

    assert found("anna b") == found("b anna") == ["Bernd Anna", "Anna Berg"]
    assert found("anna t") == ["Anna Thal"]
    assert found("anna x") == []
    page = contact_page(tenant.id, text="engines k", place=Place(), country="DE")
    assert [row.display_name for row in page.rows] == ["Ada King"]
