"""What the provider's pages show of all tenants: why a run failed, by its code alone; counts."""

from django.db import migrations, models

from rollcall.tenants import isolation


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0004_sign_in_rules"),
        ("phonebook", "0001_initial"),
        ("telephony", "0001_initial"),
    ]

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
        isolation.show_to_system("telephony_extension", "tenant_id", "state"),
        isolation.show_to_system("phonebook_contact", "tenant_id"),
    ]
