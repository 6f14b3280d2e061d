"""The tables of audit, and the walls around them."""

import django.db.models.deletion
from django.db import migrations, models

from rollcall.tenants import isolation


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("actor", models.TextField()),
                ("action", models.CharField(max_length=60)),
                ("subject", models.TextField(default="")),
                ("detail", models.JSONField(default=dict)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["tenant", "-at"], name="audit_tenant_at")],
            },
        ),
        isolation.belongs_to_tenant("audit_auditentry"),
        isolation.isolate("audit_auditentry"),
        isolation.only_insert("audit_auditentry"),
    ]
