"""What the provider's table of all tenants shows: why a run failed, by its code alone."""

from django.db import migrations, models

from rollcall.tenants import isolation


class Migration(migrations.Migration):
    dependencies = [("integrations", "0004_sign_in_rules")]

    operations = [
        migrations.AddField(
            model_name="syncrun",
            name="error_code",
            field=models.TextField(db_default="", default=""),
        ),
        isolation.grant_to_system("integrations_syncrun", "error_code"),
        isolation.grant_to_system("integrations_keypair", "activated_at"),
        isolation.grant_to_system(
            "integrations_integration",
            *("created_at", "users", "photos", "personal_contacts", "company_contacts"),
        ),
    ]
