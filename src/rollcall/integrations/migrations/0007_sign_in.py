"""The domains of directories, and what of an integration is asked where nobody is signed in."""

from django.db import migrations, models

from rollcall.tenants import isolation
from rollcall.tenants.scope import IN_TENANT


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0006_newest_runs"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="DirectoryDomain",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("domain", models.TextField(db_collation="C")),
                ("verified", models.BooleanField(default=False)),
                (
                    "integration",
                    models.ForeignKey(to="integrations.integration", **IN_TENANT),
                ),
                ("tenant", models.ForeignKey(to="tenants.tenant", **IN_TENANT)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        "tenant", "integration", "domain", name="directory_domain_of_tenant"
                    )
                ],
                "indexes": [models.Index("domain", name="directory_domain")],
            },
        ),
        isolation.tenant_reference(
            "integrations_directorydomain", ["integration_id"], "integrations_integration"
        ),
        isolation.isolate("integrations_directorydomain"),
        isolation.show_to_system("integrations_directorydomain", "tenant_id", "domain"),
        isolation.show_to_system(
            "integrations_listentry",
            *("tenant_id", "integration_id", "subject", "object_id"),
            rows="subject = 'admins'",
        ),
        isolation.grant_to_system(
            "integrations_integration", "sign_in", "enforce_sign_in", "users_applied_at"
        ),
        isolation.grant_sequences(),
    ]
