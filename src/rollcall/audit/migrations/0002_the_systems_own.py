"""Let the provider's page read the entries that are no tenant's."""

from django.db import migrations

from rollcall.tenants import isolation


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        isolation.show_to_system(
            "audit_auditentry",
            *("id", "tenant_id", "at", "actor", "action", "subject", "detail"),
            rows="tenant_id IS NULL",
        ),
    ]
