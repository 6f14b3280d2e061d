"""Accounts and sessions of those who sign in with Microsoft; states of sign-ins that were used."""

from django.db import migrations, models

from rollcall.tenants import isolation


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="SpentState",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("spent_at", models.DateTimeField()),
            ],
            options={"indexes": [models.Index("spent_at", name="state_spent")]},
        ),
        migrations.AddField(
            model_name="account",
            name="local",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name="session",
            name="method",
            field=models.CharField(
                choices=[("password", "Password"), ("link", "Link"), ("microsoft", "Microsoft")],
                db_default="password",
                default="password",
                max_length=9,
            ),
        ),
        migrations.AddField(
            model_name="session",
            name="directory_id",
            field=models.TextField(db_default="", default=""),
        ),
        migrations.AddField(
            model_name="session",
            name="object_id",
            field=models.TextField(db_collation="C", db_default="", default=""),
        ),
        migrations.AddField(
            model_name="session",
            name="directory_session",
            field=models.CharField(db_default="", default="", max_length=64),
        ),
        migrations.AddField(
            model_name="session",
            name="granted",
            field=models.CharField(db_default="", default="", max_length=13),
        ),
        migrations.AddField(
            model_name="session",
            name="hint_sealed",
            field=models.BinaryField(null=True),
        ),
        isolation.grant_to_system("accounts_account", "local"),
        isolation.close_to_web("accounts_spentstate"),
    ]
