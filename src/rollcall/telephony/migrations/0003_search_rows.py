"""The keys of the extensions that are there already. Nobody waits: new ones have theirs."""

from django.db import migrations

from rollcall.tenants.search_keys import fill_search_keys


class Migration(migrations.Migration):
    dependencies = [("telephony", "0002_search")]

    operations = [
        fill_search_keys(
            "telephony_extension",
            keys="telephony_searchkey",
            source="tenant_id",
            row_key="extension_id",
            made_by=(
                "telephony_extension_keys("
                "{row}.display_name, {row}.first_name, {row}.last_name, {row}.email)"
            ),
        )
    ]
