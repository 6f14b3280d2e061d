"""The tables of integrations, and the walls around them."""

import datetime

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from rollcall.tenants import isolation


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("telephony", "0001_initial"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Integration",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(default="microsoft365", max_length=12)),
                ("application_id", models.UUIDField(null=True)),
                ("directory_id", models.UUIDField(null=True)),
                ("cloud", models.CharField(default="GLOBAL", max_length=40)),
                ("certificate_days", models.PositiveSmallIntegerField(default=365)),
                ("sync_time", models.TimeField(default=datetime.time(0, 0))),
                ("paused", models.BooleanField(default=False)),
                ("users", models.BooleanField(default=True)),
                (
                    "people_mode",
                    models.CharField(
                        choices=[("all", "all"), ("only", "only"), ("except", "except")],
                        default="all",
                        max_length=6,
                    ),
                ),
                ("first_extension", models.BigIntegerField(null=True)),
                ("last_extension", models.BigIntegerField(null=True)),
                ("guests", models.BooleanField(default=False)),
                ("photos", models.BooleanField(default=True)),
                ("names", models.CharField(default="skip", max_length=12)),
                ("leavers", models.CharField(default="block", max_length=7)),
                ("release_days", models.PositiveSmallIntegerField(null=True)),
                ("link", models.CharField(default="ask", max_length=5)),
                ("personal_contacts", models.BooleanField(default=False)),
                (
                    "personal_mode",
                    models.CharField(
                        choices=[("all", "all"), ("only", "only"), ("except", "except")],
                        default="all",
                        max_length=6,
                    ),
                ),
                ("company_contacts", models.BooleanField(default=False)),
                (
                    "mailbox_mode",
                    models.CharField(
                        choices=[("all", "all"), ("only", "only"), ("except", "except")],
                        default="all",
                        max_length=6,
                    ),
                ),
                ("subfolders", models.BooleanField(default=True)),
                ("sign_in", models.BooleanField(default=False)),
                (
                    "sign_in_mode",
                    models.CharField(
                        choices=[("all", "all"), ("only", "only"), ("except", "except")],
                        default="all",
                        max_length=6,
                    ),
                ),
                ("fence", models.BigIntegerField(default=0)),
                ("users_cursor", models.TextField(default="")),
                ("users_shape", models.TextField(default="")),
                ("users_policy", models.BinaryField(max_length=16, null=True)),
                ("purposes_refused_at", models.DateTimeField(null=True)),
                ("token_sealed", models.BinaryField(null=True)),
                ("token_expires_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
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
            name="Reading",
            fields=[
                (
                    "integration",
                    models.OneToOneField(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="integrations.integration",
                    ),
                ),
                ("complete", models.BooleanField()),
                ("shape", models.TextField()),
                ("since", models.TextField(default="")),
                ("started_at", models.DateTimeField()),
                ("cursor", models.TextField(default="")),
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
            name="DirectoryRecord",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "integration_id",
                        "object_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("object_id", models.TextField(db_collation="C")),
                ("fingerprint", models.BinaryField(max_length=16)),
                ("record", models.TextField()),
                (
                    "aliases",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, size=None
                    ),
                ),
                ("display_name", models.TextField(default="")),
                ("principal_key", models.TextField(db_collation="C", default="")),
                ("email_key", models.TextField(db_collation="C", default="")),
                ("removed", models.CharField(default="", max_length=10)),
                ("unreadable", models.TextField(default="")),
                ("purpose", models.CharField(default="", max_length=20)),
                ("purpose_fingerprint", models.BinaryField(max_length=16, null=True)),
                ("purpose_missing_since", models.DateTimeField(null=True)),
                ("purpose_missing_at", models.DateTimeField(null=True)),
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
                (
                    "integration",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="integrations.integration",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="KeyPair",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("active", "Active"),
                            ("retired", "Retired"),
                        ],
                        default="pending",
                        max_length=7,
                    ),
                ),
                ("certificate", models.TextField()),
                ("private_key", models.BinaryField()),
                ("sha1", models.CharField(max_length=40)),
                ("sha256", models.CharField(max_length=64)),
                ("algorithm", models.CharField(default="PS256", max_length=5)),
                ("not_before", models.DateTimeField()),
                ("not_after", models.DateTimeField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("activated_at", models.DateTimeField(null=True)),
                ("retired_at", models.DateTimeField(null=True)),
                (
                    "integration",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="integrations.integration",
                    ),
                ),
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
            name="LinkDecision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("object_id", models.TextField(db_collation="C")),
                ("decided_by", models.TextField()),
                ("decided_at", models.DateTimeField(auto_now_add=True)),
                (
                    "extension",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="telephony.extension",
                    ),
                ),
                (
                    "integration",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="integrations.integration",
                    ),
                ),
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
            name="ListEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "subject",
                    models.CharField(
                        choices=[
                            ("people", "People"),
                            ("personal", "Personal"),
                            ("mailboxes", "Mailboxes"),
                            ("sign-in", "Sign In"),
                        ],
                        max_length=9,
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("line", models.TextField()),
                ("object_id", models.TextField(db_collation="C", null=True)),
                (
                    "integration",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="integrations.integration",
                    ),
                ),
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
            name="NumberAssignment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("line", models.TextField()),
                ("object_id", models.TextField(db_collation="C", null=True)),
                ("number", models.BigIntegerField()),
                (
                    "integration",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="integrations.integration",
                    ),
                ),
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
            name="Refusal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("object_id", models.TextField(db_collation="C")),
                ("reason", models.CharField(max_length=20)),
                ("detail", models.TextField(default="")),
                ("since_run", models.BigIntegerField()),
                ("until_run", models.BigIntegerField(null=True)),
                (
                    "integration",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="integrations.integration",
                    ),
                ),
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
            name="SyncRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("trigger", models.CharField(max_length=10)),
                ("asked_by", models.TextField()),
                ("asked_at", models.DateTimeField(auto_now_add=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("planned", "Planned"),
                            ("held", "Held"),
                            ("applied", "Applied"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                            ("discarded", "Discarded"),
                            ("superseded", "Superseded"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("dry_run", models.BooleanField(default=False)),
                ("full", models.BooleanField(default=False)),
                (
                    "stages",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=17), size=None
                    ),
                ),
                ("fence", models.BigIntegerField(default=0)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("cancel_requested", models.BooleanField(default=False)),
                ("progress", models.JSONField(default=dict)),
                ("counts", models.JSONField(default=dict)),
                ("problems", models.JSONField(default=list)),
                ("refused", models.JSONField(default=dict)),
                ("hold", models.TextField(default="")),
                ("announced", models.BooleanField(default=True)),
                ("requests", models.IntegerField(default=0)),
                ("items", models.IntegerField(default=0)),
                ("throttled_seconds", models.FloatField(default=0)),
                ("error", models.JSONField(null=True)),
                (
                    "integration",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="integrations.integration",
                    ),
                ),
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
            name="RunChange",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "run_id",
                        "position",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("position", models.IntegerField()),
                ("action", models.CharField(max_length=8)),
                ("object_id", models.TextField(db_collation="C")),
                ("name", models.TextField()),
                ("number", models.BigIntegerField(null=True)),
                ("fields", models.JSONField(default=dict)),
                ("reason", models.TextField(default="")),
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
                (
                    "run",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="integrations.syncrun",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HeldPlan",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "run_id",
                        "stage",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("stage", models.CharField(max_length=17)),
                ("digest", models.BinaryField(max_length=16)),
                ("plan", models.BinaryField()),
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
                (
                    "run",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="integrations.syncrun",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="StagedPage",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "integration_id",
                        "position",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("position", models.IntegerField()),
                ("records", models.BinaryField()),
                ("resume", models.TextField()),
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
                (
                    "integration",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="integrations.reading",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="integration",
            constraint=models.UniqueConstraint(
                models.F("tenant"), models.F("source"), name="integration_of_tenant"
            ),
        ),
        migrations.AddConstraint(
            model_name="integration",
            constraint=models.CheckConstraint(
                condition=models.Q(("source", "microsoft365")), name="integration_source"
            ),
        ),
        migrations.AddConstraint(
            model_name="integration",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("mailbox_mode__in", ("all", "only", "except")),
                    ("people_mode__in", ("all", "only", "except")),
                    ("personal_mode__in", ("all", "only", "except")),
                    ("sign_in_mode__in", ("all", "only", "except")),
                ),
                name="integration_modes",
            ),
        ),
        migrations.AddConstraint(
            model_name="integration",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("link__in", ("ask", "link", "never")), ("names__in", ("skip", "display-name"))
                ),
                name="integration_choices",
            ),
        ),
        migrations.AddConstraint(
            model_name="integration",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("leavers__in", ("block", "keep")), ("release_days__isnull", True)),
                    models.Q(("leavers", "release"), ("release_days__isnull", False)),
                    _connector="OR",
                ),
                name="integration_leavers",
            ),
        ),
        migrations.AddConstraint(
            model_name="integration",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("first_extension__isnull", True), ("last_extension__isnull", True)),
                    models.Q(("first_extension__gte", 100), ("last_extension__isnull", True)),
                    models.Q(
                        ("first_extension__gte", 100),
                        ("last_extension__gte", models.F("first_extension")),
                        ("last_extension__lt", 10000000000000),
                    ),
                    _connector="OR",
                ),
                name="integration_range",
            ),
        ),
        migrations.AddIndex(
            model_name="directoryrecord",
            index=models.Index(
                models.F("integration"), models.F("principal_key"), name="record_principal"
            ),
        ),
        migrations.AddIndex(
            model_name="directoryrecord",
            index=models.Index(models.F("integration"), models.F("email_key"), name="record_email"),
        ),
        migrations.AddIndex(
            model_name="directoryrecord",
            index=models.Index(
                models.F("integration"),
                condition=models.Q(("unreadable", ""), _negated=True),
                name="record_unreadable",
            ),
        ),
        migrations.AddConstraint(
            model_name="directoryrecord",
            constraint=models.CheckConstraint(
                condition=models.Q(("removed__in", ("", "restorable", "gone"))),
                name="record_removed",
            ),
        ),
        migrations.AddConstraint(
            model_name="keypair",
            constraint=models.UniqueConstraint(
                models.F("tenant"),
                models.F("integration"),
                condition=models.Q(("state", "pending")),
                name="key_pair_one_pending",
            ),
        ),
        migrations.AddConstraint(
            model_name="keypair",
            constraint=models.UniqueConstraint(
                models.F("tenant"),
                models.F("integration"),
                condition=models.Q(("state", "active")),
                name="key_pair_one_active",
            ),
        ),
        migrations.AddConstraint(
            model_name="keypair",
            constraint=models.UniqueConstraint(
                models.F("tenant"), models.F("sha256"), name="key_pair_thumbprint"
            ),
        ),
        migrations.AddConstraint(
            model_name="keypair",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ("pending", "active", "retired"))),
                name="key_pair_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="keypair",
            constraint=models.CheckConstraint(
                condition=models.Q(("algorithm__in", ("PS256", "RS256"))), name="key_pair_algorithm"
            ),
        ),
        migrations.AddConstraint(
            model_name="linkdecision",
            constraint=models.UniqueConstraint(
                models.F("tenant"),
                models.F("integration"),
                models.F("object_id"),
                name="link_decision_object",
            ),
        ),
        migrations.AddConstraint(
            model_name="linkdecision",
            constraint=models.UniqueConstraint(
                models.F("tenant"),
                models.F("extension"),
                condition=models.Q(("extension__isnull", False)),
                name="link_decision_extension",
            ),
        ),
        migrations.AddConstraint(
            model_name="listentry",
            constraint=models.UniqueConstraint(
                models.F("tenant"),
                models.F("integration"),
                models.F("subject"),
                models.F("position"),
                name="list_entry_position",
            ),
        ),
        migrations.AddConstraint(
            model_name="numberassignment",
            constraint=models.UniqueConstraint(
                models.F("tenant"), models.F("number"), name="assignment_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="numberassignment",
            constraint=models.UniqueConstraint(
                models.F("tenant"),
                models.F("integration"),
                models.F("line"),
                name="assignment_line",
            ),
        ),
        migrations.AddConstraint(
            model_name="numberassignment",
            constraint=models.UniqueConstraint(
                models.F("tenant"),
                models.F("integration"),
                models.F("object_id"),
                condition=models.Q(("object_id__isnull", False)),
                name="assignment_object",
            ),
        ),
        migrations.AddIndex(
            model_name="refusal",
            index=models.Index(
                models.F("integration"),
                models.F("reason"),
                condition=models.Q(("until_run__isnull", True)),
                name="refusal_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="refusal",
            constraint=models.UniqueConstraint(
                models.F("integration"),
                models.F("object_id"),
                condition=models.Q(("until_run__isnull", True)),
                name="refusal_in_force",
            ),
        ),
        migrations.AddIndex(
            model_name="syncrun",
            index=models.Index(fields=["tenant", "-id"], name="run_newest"),
        ),
        migrations.AddConstraint(
            model_name="syncrun",
            constraint=models.UniqueConstraint(
                models.F("integration"),
                condition=models.Q(("state__in", ("queued", "running"))),
                name="run_one_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="syncrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_at__isnull", True), ("state__in", ("queued", "running"))),
                    models.Q(
                        models.Q(("state__in", ("queued", "running")), _negated=True),
                        ("finished_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="run_finished",
            ),
        ),
        isolation.belongs_to_tenant("integrations_integration"),
        isolation.tenant_key("integrations_integration"),
        isolation.isolate("integrations_integration"),
        isolation.show_to_system(
            "integrations_integration",
            *("id", "tenant_id", "source", "cloud", "sync_time", "paused"),
        ),
        *(
            operation
            for table in (
                "integrations_keypair",
                "integrations_listentry",
                "integrations_linkdecision",
                "integrations_numberassignment",
                "integrations_directoryrecord",
                "integrations_refusal",
                "integrations_syncrun",
                "integrations_reading",
            )
            for operation in (
                isolation.tenant_reference(table, ["integration_id"], "integrations_integration"),
                isolation.isolate(table),
            )
        ),
        isolation.tenant_reference(
            "integrations_linkdecision", ["extension_id"], "telephony_extension"
        ),
        isolation.show_to_system(
            "integrations_keypair", "id", "tenant_id", "integration_id", "state", "not_after"
        ),
        isolation.show_to_system(
            "integrations_syncrun",
            *("id", "tenant_id", "integration_id", "state", "dry_run"),
            *("started_at", "finished_at", "throttled_seconds"),
        ),
        isolation.tenant_key("integrations_syncrun"),
        isolation.tenant_key("integrations_reading", "integration_id"),
        isolation.tenant_reference("integrations_runchange", ["run_id"], "integrations_syncrun"),
        isolation.isolate("integrations_runchange"),
        isolation.tenant_reference("integrations_heldplan", ["run_id"], "integrations_syncrun"),
        isolation.isolate("integrations_heldplan"),
        isolation.hide_column("integrations_heldplan", "plan"),
        isolation.tenant_reference(
            "integrations_stagedpage",
            ["integration_id"],
            "integrations_reading",
            ["integration_id"],
        ),
        isolation.isolate("integrations_stagedpage"),
        isolation.store_as_is("integrations_heldplan", "plan"),
        isolation.store_as_is("integrations_stagedpage", "records"),
        isolation.grant_sequences(),
    ]
