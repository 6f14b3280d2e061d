"""What contacts are found by: a table of keys beside them, kept by triggers."""

import django.db.models.deletion
from django.db import migrations, models

from rollcall.tenants import isolation
from rollcall.tenants.search_keys import keep_search_keys

MADE_BY = """
CREATE FUNCTION phonebook_contact_keys(
    display_name text, first_name text, last_name text, company text
) RETURNS TABLE (key text, whole boolean) LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $keys$
    SELECT * FROM rollcall_search_keys(display_name,
        CASE WHEN display_name = first_name || ' ' || last_name THEN ''
            ELSE first_name || ' ' || last_name END)
    UNION ALL
    SELECT key, false FROM rollcall_search_keys(company, '') WHERE company <> ''
$keys$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("phonebook", "0001_initial"),
        ("telephony", "0002_search"),
        ("tenants", "0002_seen_by_the_provider"),
    ]

    operations = [
        migrations.CreateModel(
            name="SearchKey",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "holder",
                        "key",
                        "contact_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("holder", models.BigIntegerField()),
                ("key", models.TextField(db_collation="C")),
                ("whole", models.BooleanField()),
                (
                    "contact",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="phonebook.contact",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
        ),
        isolation.belongs_to_tenant("phonebook_searchkey"),
        isolation.isolate("phonebook_searchkey", holder=True),
        migrations.RunSQL(MADE_BY.strip(), migrations.RunSQL.noop),
        *keep_search_keys(
            "phonebook_contact",
            keys="phonebook_searchkey",
            source="tenant_id, holder",
            row_key="contact_id",
            columns=("display_name", "first_name", "last_name", "company"),
            made_by=(
                "phonebook_contact_keys("
                "{row}.display_name, {row}.first_name, {row}.last_name, {row}.company)"
            ),
        ),
    ]
