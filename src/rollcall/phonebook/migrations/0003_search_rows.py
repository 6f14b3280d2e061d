"""The keys of the contacts that are there already. Nobody waits: new ones have theirs."""

from django.db import migrations

from rollcall.tenants.search_keys import SearchedTable, fill_search_keys

_SEARCHED = SearchedTable(
    table="phonebook_contact",
    keys="phonebook_searchkey",
    row_key="contact_id",
    own=("tenant_id", "holder"),
    columns=("display_name", "first_name", "last_name", "company"),
    name="r.display_name",
    also="r.first_name || ' ' || r.last_name, r.company",
)


class Migration(migrations.Migration):
    dependencies = [("phonebook", "0002_search")]

    operations = [fill_search_keys(_SEARCHED)]
