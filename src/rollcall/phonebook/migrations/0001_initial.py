"""The tables of phonebook, and the walls around them."""

import django.db.models.deletion
import django.db.models.functions.comparison
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
            name="AddressBook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "scope",
                    models.CharField(
                        choices=[("personal", "Personal"), ("company", "Company")], max_length=8
                    ),
                ),
                ("mailbox", models.TextField(db_collation="C")),
                (
                    "holder",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.functions.comparison.Coalesce("owner_id", 0),
                        output_field=models.BigIntegerField(),
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("new", "New"),
                            ("read", "Read"),
                            ("no-mailbox", "No Mailbox"),
                            ("not-permitted", "Not Permitted"),
                        ],
                        default="new",
                        max_length=13,
                    ),
                ),
                ("status_since", models.DateTimeField(null=True)),
                ("checked_at", models.DateTimeField(null=True)),
                ("shape", models.TextField(default="")),
                ("doubted_at", models.DateTimeField(null=True)),
                ("doubt", models.BinaryField(max_length=16, null=True)),
                (
                    "owner",
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
            name="BookFolder",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("folder_id", models.TextField(db_collation="C")),
                ("parent_id", models.TextField(db_collation="C", default="")),
                ("path", models.TextField()),
                ("cursor", models.TextField(default="")),
                ("contacts", models.IntegerField(default=0)),
                (
                    "book",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="phonebook.addressbook",
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
            name="Contact",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("holder", models.BigIntegerField()),
                ("directory_contact_id", models.TextField(db_collation="C", null=True)),
                ("folder_id", models.TextField(db_collation="C", default="")),
                ("fingerprint", models.BinaryField(max_length=16, null=True)),
                ("display_name", models.TextField()),
                ("first_name", models.TextField(blank=True, default="")),
                ("last_name", models.TextField(blank=True, default="")),
                ("company", models.TextField(blank=True, default="")),
                ("job_title", models.TextField(blank=True, default="")),
                ("department", models.TextField(blank=True, default="")),
                ("emails", models.JSONField(default=list)),
                ("addresses", models.JSONField(default=list)),
                (
                    "book",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="phonebook.addressbook",
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
            name="ContactNumber",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "contact_id",
                        "position",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("position", models.SmallIntegerField()),
                ("holder", models.BigIntegerField()),
                ("kind", models.CharField(max_length=12)),
                ("number", models.TextField()),
                ("e164", models.BigIntegerField(null=True)),
                ("extension", models.CharField(blank=True, default="", max_length=20)),
                (
                    "contact",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="phonebook.contact",
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
        migrations.AddIndex(
            model_name="addressbook",
            index=models.Index(models.F("tenant"), models.F("owner"), name="book_owner"),
        ),
        migrations.AddConstraint(
            model_name="addressbook",
            constraint=models.UniqueConstraint(
                models.F("tenant"),
                models.F("scope"),
                models.F("mailbox"),
                condition=models.Q(("mailbox", ""), _negated=True),
                name="book_mailbox",
            ),
        ),
        migrations.AddConstraint(
            model_name="addressbook",
            constraint=models.UniqueConstraint(
                models.F("tenant"), models.F("id"), models.F("holder"), name="book_holder"
            ),
        ),
        migrations.AddConstraint(
            model_name="addressbook",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("owner__isnull", False), ("scope", "personal")),
                    models.Q(("owner__isnull", True), ("scope", "company")),
                    _connector="OR",
                ),
                name="book_scope_owner",
            ),
        ),
        migrations.AddConstraint(
            model_name="bookfolder",
            constraint=models.UniqueConstraint(
                models.F("tenant"), models.F("book"), models.F("folder_id"), name="folder_in_book"
            ),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.UniqueConstraint(
                models.F("tenant"),
                models.F("book"),
                models.F("directory_contact_id"),
                name="contact_in_book",
            ),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.UniqueConstraint(
                models.F("tenant"), models.F("id"), models.F("holder"), name="contact_holder"
            ),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("directory_contact_id__isnull", True),
                    ("fingerprint__isnull", False),
                    _connector="OR",
                ),
                name="contact_fingerprint",
            ),
        ),
        migrations.AddIndex(
            model_name="contactnumber",
            index=models.Index(
                models.F("tenant"),
                models.F("e164"),
                condition=models.Q(("e164__isnull", False)),
                name="number_e164",
            ),
        ),
        isolation.belongs_to_tenant("phonebook_addressbook"),
        isolation.tenant_key("phonebook_addressbook"),
        isolation.tenant_reference("phonebook_addressbook", ["owner_id"], "telephony_extension"),
        isolation.isolate("phonebook_addressbook", holder=True),
        isolation.tenant_reference("phonebook_bookfolder", ["book_id"], "phonebook_addressbook"),
        isolation.isolate(
            "phonebook_bookfolder",
            part_of="phonebook_addressbook book WHERE book.id = book_id",
        ),
        isolation.tenant_reference(
            "phonebook_contact", ["book_id", "holder"], "phonebook_addressbook", ["id", "holder"]
        ),
        isolation.isolate("phonebook_contact", holder=True),
        isolation.tenant_reference(
            "phonebook_contactnumber",
            ["contact_id", "holder"],
            "phonebook_contact",
            ["id", "holder"],
        ),
        isolation.isolate("phonebook_contactnumber", holder=True),
    ]
