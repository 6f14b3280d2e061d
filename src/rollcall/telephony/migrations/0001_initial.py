"""The tables of telephony, and the walls around them."""

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
            name="Extension",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.BigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("active", "Active"),
                            ("blocked", "Blocked"),
                            ("released", "Released"),
                        ],
                        default="active",
                        max_length=8,
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[("local", "Local"), ("microsoft365", "Microsoft365")],
                        default="local",
                        max_length=12,
                    ),
                ),
                ("directory_object_id", models.TextField(db_collation="C", null=True)),
                ("blocked_at", models.DateTimeField(null=True)),
                ("blocked_reason", models.CharField(blank=True, default="", max_length=20)),
                ("deleted_at", models.DateTimeField(null=True)),
                ("version", models.BigIntegerField(default=1)),
                ("principal_name", models.TextField(blank=True, default="")),
                ("first_name", models.TextField(blank=True, default="")),
                ("last_name", models.TextField(blank=True, default="")),
                ("display_name", models.TextField(blank=True, default="")),
                ("email", models.TextField(blank=True, default="")),
                ("mobile_phone", models.TextField(blank=True, default="")),
                ("business_phone", models.TextField(blank=True, default="")),
                ("job_title", models.TextField(blank=True, default="")),
                ("department", models.TextField(blank=True, default="")),
                ("office", models.TextField(blank=True, default="")),
                ("company", models.TextField(blank=True, default="")),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Photo",
            fields=[
                (
                    "extension",
                    models.OneToOneField(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="telephony.extension",
                    ),
                ),
                ("tag", models.TextField()),
                ("sha256", models.BinaryField(max_length=32, null=True)),
                ("content", models.BinaryField(null=True)),
                ("problem", models.TextField(default="")),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="extension",
            index=models.Index(
                models.F("tenant"),
                models.F("blocked_at"),
                condition=models.Q(("state", "blocked")),
                name="extension_blocked",
            ),
        ),
        migrations.AddIndex(
            model_name="extension",
            index=models.Index(
                models.F("tenant"),
                condition=models.Q(("deleted_at__isnull", False)),
                name="extension_deleted",
            ),
        ),
        migrations.AddConstraint(
            model_name="extension",
            constraint=models.UniqueConstraint(
                models.F("tenant"),
                models.F("number"),
                condition=models.Q(("state", "released"), _negated=True),
                name="extension_number",
            ),
        ),
        migrations.AddConstraint(
            model_name="extension",
            constraint=models.UniqueConstraint(
                models.F("tenant"),
                models.F("source"),
                models.F("directory_object_id"),
                condition=models.Q(("directory_object_id__isnull", False)),
                name="extension_object",
            ),
        ),
        migrations.AddConstraint(
            model_name="extension",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gte", 100), ("number__lt", 10000000000000)),
                name="extension_number_shape",
            ),
        ),
        migrations.AddConstraint(
            model_name="extension",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ("active", "blocked", "released"))),
                name="extension_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="extension",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("directory_object_id__isnull", True), ("source", "local")),
                    models.Q(("directory_object_id__isnull", False), ("source", "microsoft365")),
                    _connector="OR",
                ),
                name="extension_source",
            ),
        ),
        migrations.AddConstraint(
            model_name="extension",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("blocked_at__isnull", True), ("state", "active")),
                    ("state__in", ("blocked", "released")),
                    _connector="OR",
                ),
                name="extension_blocked_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="photo",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("content__isnull", False), ("problem", ""), ("sha256__isnull", False)
                    ),
                    models.Q(
                        ("content__isnull", True),
                        ("sha256__isnull", True),
                        models.Q(("problem", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="photo_content_or_problem",
            ),
        ),
        isolation.belongs_to_tenant("telephony_extension"),
        isolation.tenant_key("telephony_extension"),
        isolation.count_versions("telephony_extension"),
        isolation.isolate("telephony_extension"),
        isolation.tenant_reference("telephony_photo", ["extension_id"], "telephony_extension"),
        isolation.isolate("telephony_photo"),
        isolation.store_as_is("telephony_photo", "content"),
    ]
