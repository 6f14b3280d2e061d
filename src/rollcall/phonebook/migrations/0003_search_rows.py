"""The keys of the contacts that are there already. Nobody waits: new ones have theirs."""

from django.db import migrations

from rollcall.tenants.search_keys import fill_search_keys


class Migration(migrations.Migration):
    dependencies = [("phonebook", "0002_search")]

    operations = [
        fill_search_keys(
            "phonebook_contact",
            keys="phonebook_searchkey",
            source="tenant_id, holder",
            row_key="contact_id",
            made_by=(
                "phonebook_contact_keys("
                "{row}.display_name, {row}.first_name, {row}.last_name, {row}.company)"
            ),
        )
    ]
