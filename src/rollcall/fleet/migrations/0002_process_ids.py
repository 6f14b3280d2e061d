"""Let the provider's page about the server name processes as the operating system does."""

from django.db import migrations

from rollcall.tenants import isolation


class Migration(migrations.Migration):
    dependencies = [("fleet", "0001_initial")]

    operations = [isolation.grant_to_system("fleet_process", "pid")]
