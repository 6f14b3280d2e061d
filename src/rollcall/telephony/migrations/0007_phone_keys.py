"""People's business and mobile numbers, found by their digits: a table kept by triggers."""

import django.db.models.deletion
from django.db import migrations, models

from rollcall.telephony.phone_keys import keep_phone_keys
from rollcall.tenants import isolation


class Migration(migrations.Migration):
    dependencies = [
        ("telephony", "0006_dialled"),
        ("tenants", "0003_tables_for_the_doctor"),
    ]

    operations = [
        migrations.CreateModel(
            name="PhoneKey",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "digits",
                        "extension_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("digits", models.BigIntegerField()),
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
        isolation.isolate("telephony_phonekey"),
        *keep_phone_keys(),
    ]
