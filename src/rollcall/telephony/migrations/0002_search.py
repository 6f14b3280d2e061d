"""What extensions are found by: a table of keys beside them, kept by triggers."""

import django.db.models.deletion
from django.db import migrations, models

from rollcall.tenants import isolation
from rollcall.tenants.search_keys import keep_search_keys, search_functions

_KEYS = {
    "keys": "telephony_searchkey",
    "source": "tenant_id",
    "row_key": "extension_id",
    "made_by": (
        "telephony_extension_keys("
        "{row}.display_name, {row}.first_name, {row}.last_name, {row}.email)"
    ),
}

MADE_BY = """
CREATE FUNCTION telephony_extension_keys(
    display_name text, first_name text, last_name text, email text
) RETURNS TABLE (key text, whole boolean) LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $keys$
    SELECT * FROM rollcall_search_keys(display_name,
        CASE WHEN display_name = first_name || ' ' || last_name THEN ''
            ELSE first_name || ' ' || last_name END)
    UNION ALL
    SELECT left(array_to_string(rollcall_search_words(email), ' '), 80), false WHERE email <> ''
$keys$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("telephony", "0001_initial"),
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
                        "key",
                        "extension_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("key", models.TextField(db_collation="C")),
                ("whole", models.BooleanField()),
                (
                    "extension",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="telephony.extension",
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
        migrations.AddIndex(
            model_name="searchkey",
            index=models.Index(
                models.F("tenant"),
                models.F("extension"),
                condition=models.Q(("whole", True)),
                name="extension_name_key",
            ),
        ),
        isolation.belongs_to_tenant("telephony_searchkey"),
        isolation.isolate("telephony_searchkey"),
        *search_functions(),
        migrations.RunSQL(MADE_BY.strip(), migrations.RunSQL.noop),
        *keep_search_keys(
            "telephony_extension",
            columns=("display_name", "first_name", "last_name", "email"),
            **_KEYS,
        ),
    ]
