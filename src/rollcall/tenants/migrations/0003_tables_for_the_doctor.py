"""Let the provider's page about the server see which migrations the tables have been through."""

from django.db import migrations

from rollcall.tenants import isolation


class Migration(migrations.Migration):
    dependencies = [("tenants", "0002_seen_by_the_provider")]

    operations = [isolation.grant_to_system("django_migrations", "id", "app", "name", "applied")]
