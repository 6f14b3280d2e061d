"""What contacts are found by: a table of keys beside them, kept by triggers."""

import django.db.models.deletion
from django.db import migrations, models

from rollcall.tenants import isolation
from rollcall.tenants.search_keys import SearchedTable, keep_search_keys

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
        migrations.AddIndex(
            model_name="searchkey",
            index=models.Index(
                models.F("tenant"),
                models.F("holder"),
                models.F("key"),
                models.F("contact"),
                name="contact_by_name",
                condition=models.Q(("whole", True)),
            ),
        ),
        isolation.isolate("phonebook_searchkey", holder=True),
        *keep_search_keys(_SEARCHED),
    ]
