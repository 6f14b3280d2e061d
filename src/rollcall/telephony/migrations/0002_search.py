"""What extensions are found by: a table of keys beside them, kept by triggers."""

import django.db.models.deletion
from django.db import migrations, models

from rollcall.tenants import isolation
from rollcall.tenants.search_keys import SearchedTable, keep_search_keys, search_functions

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
        isolation.isolate("telephony_searchkey"),
        *search_functions(),
        *keep_search_keys(_SEARCHED),
    ]
