"""Let the provider's pages see the whole row of a tenant: nothing in it is the tenant's secret."""

from django.db import migrations

from rollcall.tenants import isolation


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]

    operations = [
        isolation.grant_to_system(
            "tenants_tenant", "first_extension", "last_extension", "reserved_numbers", "created_at"
        ),
    ]
