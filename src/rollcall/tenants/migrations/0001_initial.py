"""The tables of tenants, and the walls around them."""

import django.contrib.postgres.fields
from django.db import migrations, models

import rollcall.tenants.models
from rollcall.tenants import isolation


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Tenant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.CharField(max_length=40, unique=True)),
                ("name", models.TextField()),
                ("sip_domain", models.CharField(max_length=253, unique=True)),
                ("time_zone", models.CharField(max_length=64)),
                ("country", models.CharField(max_length=2)),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "Active"), ("suspended", "Suspended")],
                        default="active",
                        max_length=9,
                    ),
                ),
                ("first_extension", models.BigIntegerField(default=1000)),
                ("last_extension", models.BigIntegerField(default=9999)),
                (
                    "reserved_numbers",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        default=rollcall.tenants.models.default_reserved,
                        size=None,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("slug__regex", "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")),
                        name="tenant_slug_shape",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sip_domain__regex", "^[a-z0-9.-]+$")),
                        name="tenant_sip_domain_lower",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("country__regex", "^[A-Z]{2}$")),
                        name="tenant_country_shape",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("first_extension__gte", 100),
                            ("last_extension__gte", models.F("first_extension")),
                            ("last_extension__lt", 10000000000000),
                        ),
                        name="tenant_extension_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ("active", "suspended"))),
                        name="tenant_state",
                    ),
                ],
            },
        ),
        isolation.create_roles(),
        isolation.isolate("tenants_tenant", tenant="id"),
        isolation.show_to_system(
            "tenants_tenant", "id", "slug", "name", "sip_domain", "time_zone", "country", "state"
        ),
    ]
