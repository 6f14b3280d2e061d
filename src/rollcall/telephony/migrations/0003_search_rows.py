"""The keys of the extensions that are there already. Nobody waits: new ones have theirs."""

from django.db import migrations

from rollcall.tenants.search_keys import SearchedTable, fill_search_keys

_SEARCHED = SearchedTable(
    table="telephony_extension",
    keys="telephony_searchkey",
    row_key="extension_id",
    own=("tenant_id",),
    columns=("display_name", "first_name", "last_name", "email"),
    name="r.display_name",
    also="r.first_name || ' ' || r.last_name",
    phrase="r.email",
)


class Migration(migrations.Migration):
    dependencies = [("telephony", "0002_search")]

    operations = [fill_search_keys(_SEARCHED)]
