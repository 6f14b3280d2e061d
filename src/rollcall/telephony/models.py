"""Tables of the telephony app. Others call its queries and operations."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Cast

from rollcall.tenants.scope import IN_TENANT, ScopedManager


class Extension(models.Model):
    """A dialable internal number and the person behind it.

    Deleted by hand means `deleted_at`: the row stays, because its number is kept for a person who
    is still in the directory and comes back with the next run. `version` grows with every write.
    """

    class State(models.TextChoices):
        ACTIVE = "active"
        BLOCKED = "blocked"
        RELEASED = "released"

    class Source(models.TextChoices):
        LOCAL = "local"
        MICROSOFT365 = "microsoft365"

    tenant = models.ForeignKey("tenants.Tenant", **IN_TENANT)
    number = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.ACTIVE)
    source = models.CharField(max_length=12, choices=Source.choices, default=Source.LOCAL)
    directory_object_id = models.TextField(null=True, db_collation="C")
    blocked_at = models.DateTimeField(null=True)
    blocked_reason = models.CharField(max_length=20, default="", blank=True)
    deleted_at = models.DateTimeField(null=True)
    version = models.BigIntegerField(default=1)

    principal_name = models.TextField(default="", blank=True)
    first_name = models.TextField(default="", blank=True)
    last_name = models.TextField(default="", blank=True)
    display_name = models.TextField(default="", blank=True)
    email = models.TextField(default="", blank=True)
    mobile_phone = models.TextField(default="", blank=True)
    business_phone = models.TextField(default="", blank=True)
    job_title = models.TextField(default="", blank=True)
    department = models.TextField(default="", blank=True)
    office = models.TextField(default="", blank=True)
    company = models.TextField(default="", blank=True)

    objects = ScopedManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                "tenant", "number", name="extension_number", condition=~models.Q(state="released")
            ),
            models.UniqueConstraint(
                "tenant",
                "source",
                "directory_object_id",
                name="extension_object",
                condition=models.Q(directory_object_id__isnull=False),
            ),
            models.CheckConstraint(
                name="extension_number_shape",
                condition=models.Q(number__gte=100, number__lt=10**13),
            ),
            models.CheckConstraint(
                name="extension_state",
                condition=models.Q(state__in=("active", "blocked", "released")),
            ),
            models.CheckConstraint(
                name="extension_source",
                condition=models.Q(source="local", directory_object_id__isnull=True)
                | models.Q(source="microsoft365", directory_object_id__isnull=False),
            ),
            models.CheckConstraint(
                name="extension_blocked_at",
                condition=models.Q(state="active", blocked_at__isnull=True)
                | models.Q(state__in=("blocked", "released")),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                "tenant",
                "blocked_at",
                name="extension_blocked",
                condition=models.Q(state="blocked"),
            ),
            models.Index(
                "tenant",
                name="extension_deleted",
                condition=models.Q(deleted_at__isnull=False),
            ),
            models.Index(
                "tenant",
                "number",
                "id",
                name="extension_released",
                condition=models.Q(state="released"),
            ),
            models.Index(
                "tenant",
                "state",
                name="extension_people",
                condition=models.Q(source="microsoft365", deleted_at__isnull=True),
            ),
            models.Index(
                "tenant",
                "number",
                name="extension_local",
                condition=models.Q(source="local"),
            ),
            models.Index(
                "tenant",
                Cast("number", models.CharField()),
                name="extension_dialled",
                condition=~models.Q(state="released"),
            ),
        ]


class PhoneKey(models.Model):
    """A business or mobile number of an extension, by its digits. Triggers write it: phone_keys."""

    pk = models.CompositePrimaryKey("tenant_id", "digits", "extension_id")
    tenant = models.ForeignKey("tenants.Tenant", **IN_TENANT)
    digits = models.BigIntegerField()
    extension = models.ForeignKey(Extension, **IN_TENANT)

    objects = ScopedManager()


class SearchKey(models.Model):
    """What an extension is found by: rollcall.tenants.search_keys. Triggers write it."""

    pk = models.CompositePrimaryKey("tenant_id", "key", "extension_id")
    tenant = models.ForeignKey("tenants.Tenant", **IN_TENANT)
    key = models.TextField(db_collation="C")
    extension = models.ForeignKey(Extension, **IN_TENANT)
    whole = models.BooleanField()

    objects = ScopedManager()

    class Meta:
        indexes: ClassVar = [
            models.Index(
                "tenant", "extension", name="extension_name_key", condition=models.Q(whole=True)
            ),
            models.Index("tenant", "extension", "key", name="extension_words"),
        ]


class Photo(models.Model):
    """The picture of an extension's person, as served: decoded, bounded, encoded anew.

    A row without content remembers that the directory's picture with this tag is no good.
    """

    extension = models.OneToOneField(Extension, primary_key=True, **IN_TENANT)
    tenant = models.ForeignKey("tenants.Tenant", **IN_TENANT)
    tag = models.TextField()
    sha256 = models.BinaryField(max_length=32, null=True)
    content = models.BinaryField(null=True)
    problem = models.TextField(default="")

    objects = ScopedManager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="photo_content_or_problem",
                condition=models.Q(content__isnull=False, sha256__isnull=False, problem="")
                | (models.Q(content__isnull=True, sha256__isnull=True) & ~models.Q(problem="")),
            ),
        ]
