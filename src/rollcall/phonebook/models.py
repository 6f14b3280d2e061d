"""Tables of the phonebook app. Others call its queries and operations."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Coalesce, Collate

from rollcall.tenants.scope import IN_TENANT, ScopedManager

COMPANY = 0
"""The holder of what belongs to the company; any other holder is an extension's id."""


class Scope(models.TextChoices):
    PERSONAL = "personal"
    COMPANY = "company"


class AddressBook(models.Model):
    """One mailbox's contacts as a source: the owner's own ones, or the company's.

    Contacts made by hand are in a book without a mailbox. `holder` is the owner as it stands in
    every row below the book, so that one foreign key carries tenant, book and owner.
    `doubted_at` is set while a reading that lost suspiciously much waits for a second one that
    agrees; `doubt` is the digest of what the first one said.
    """

    class Status(models.TextChoices):
        NEW = "new"
        READ = "read"
        NO_MAILBOX = "no-mailbox"
        NOT_PERMITTED = "not-permitted"

    tenant = models.ForeignKey("tenants.Tenant", **IN_TENANT)
    scope = models.CharField(max_length=8, choices=Scope.choices)
    mailbox = models.TextField(db_collation="C")
    owner = models.ForeignKey("telephony.Extension", null=True, **IN_TENANT)
    holder = models.GeneratedField(
        expression=Coalesce("owner_id", COMPANY),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )
    status = models.CharField(max_length=13, choices=Status.choices, default=Status.NEW)
    status_since = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    shape = models.TextField(default="")
    doubted_at = models.DateTimeField(null=True)
    doubt = models.BinaryField(max_length=16, null=True)

    objects = ScopedManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                "tenant",
                "scope",
                "mailbox",
                name="book_mailbox",
                condition=~models.Q(mailbox=""),
            ),
            models.UniqueConstraint("tenant", "id", "holder", name="book_holder"),
            models.CheckConstraint(
                name="book_scope_owner",
                condition=models.Q(scope="personal", owner__isnull=False)
                | models.Q(scope="company", owner__isnull=True),
            ),
        ]
        indexes: ClassVar = [models.Index("tenant", "owner", name="book_owner")]


class BookFolder(models.Model):
    """One contact folder of an address book, with its own cursor."""

    tenant = models.ForeignKey("tenants.Tenant", **IN_TENANT)
    book = models.ForeignKey(AddressBook, **IN_TENANT)
    folder_id = models.TextField(db_collation="C")
    parent_id = models.TextField(default="", db_collation="C")
    path = models.TextField()
    cursor = models.TextField(default="")
    contacts = models.IntegerField(default=0)

    objects = ScopedManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint("tenant", "book", "folder_id", name="folder_in_book"),
        ]


class Contact(models.Model):
    """A contact of a book: the company's, or the personal one of the extension that holds it."""

    tenant = models.ForeignKey("tenants.Tenant", **IN_TENANT)
    book = models.ForeignKey(AddressBook, **IN_TENANT)
    holder = models.BigIntegerField()
    directory_contact_id = models.TextField(null=True, db_collation="C")
    folder_id = models.TextField(default="", db_collation="C")
    fingerprint = models.BinaryField(max_length=16, null=True)
    display_name = models.TextField()
    first_name = models.TextField(default="", blank=True)
    last_name = models.TextField(default="", blank=True)
    company = models.TextField(default="", blank=True)
    job_title = models.TextField(default="", blank=True)
    department = models.TextField(default="", blank=True)
    emails = models.JSONField(default=list)
    addresses = models.JSONField(default=list)

    objects = ScopedManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                "tenant", "book", "directory_contact_id", name="contact_in_book"
            ),
            models.UniqueConstraint("tenant", "id", "holder", name="contact_holder"),
            models.CheckConstraint(
                name="contact_fingerprint",
                condition=models.Q(directory_contact_id__isnull=True)
                | models.Q(fingerprint__isnull=False),
            ),
        ]


class ContactNumber(models.Model):
    """One phone number of a contact, as written and as dialled (`e164` without “+”).

    The holder stands here too, because caller-ID look-ups must be one indexed query under
    row-level security.
    """

    pk = models.CompositePrimaryKey("contact_id", "position")
    tenant = models.ForeignKey("tenants.Tenant", **IN_TENANT)
    contact = models.ForeignKey(Contact, **IN_TENANT)
    position = models.SmallIntegerField()
    holder = models.BigIntegerField()
    kind = models.CharField(max_length=12)
    number = models.TextField()
    e164 = models.BigIntegerField(null=True)
    extension = models.CharField(max_length=20, default="", blank=True)

    objects = ScopedManager()

    class Meta:
        indexes: ClassVar = [
            models.Index(
                "tenant", "e164", name="number_e164", condition=models.Q(e164__isnull=False)
            ),
            models.Index(
                "tenant",
                "holder",
                "e164",
                "contact",
                name="number_caller",
                condition=models.Q(e164__isnull=False),
            ),
            models.Index(
                "tenant",
                "holder",
                "e164",
                name="number_typed",
                condition=models.Q(e164__isnull=False),
            ),
            models.Index(
                "tenant",
                "holder",
                Collate("number", "C"),
                name="number_short",
                condition=models.Q(e164__isnull=True),
            ),
        ]


class SearchKey(models.Model):
    """What a contact is found by: rollcall.tenants.search_keys. Triggers write it."""

    pk = models.CompositePrimaryKey("tenant_id", "holder", "key", "contact_id")
    tenant = models.ForeignKey("tenants.Tenant", **IN_TENANT)
    holder = models.BigIntegerField()
    key = models.TextField(db_collation="C")
    contact = models.ForeignKey(Contact, **IN_TENANT)
    whole = models.BooleanField()

    objects = ScopedManager()

    class Meta:
        indexes: ClassVar = [
            models.Index(
                "tenant",
                "holder",
                "key",
                "contact",
                name="contact_by_name",
                condition=models.Q(whole=True),
            ),
            models.Index("tenant", "contact", "key", name="contact_words"),
        ]
