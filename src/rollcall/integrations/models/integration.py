"""Settings, key pairs and lists of an integration. What its runs leave is in `ledger`."""

from datetime import time
from typing import ClassVar

from django.db import models

from rollcall.tenants.scope import IN_TENANT, ScopedManager

MODES = (("all", "all"), ("only", "only"), ("except", "except"))


class Integration(models.Model):
    """One tenant's link to one directory.

    `fence` grows with every run that begins; a write that names an older one is refused.
    """

    tenant = models.ForeignKey("tenants.Tenant", **IN_TENANT)
    source = models.CharField(max_length=12, default="microsoft365")
    application_id = models.UUIDField(null=True)
    directory_id = models.UUIDField(null=True)
    cloud = models.CharField(max_length=40, default="GLOBAL")
    certificate_days = models.PositiveSmallIntegerField(default=365)
    sync_time = models.TimeField(default=time(0, 0))
    paused = models.BooleanField(default=False)

    users = models.BooleanField(default=True)
    people_mode = models.CharField(max_length=6, choices=MODES, default="all")
    first_extension = models.BigIntegerField(null=True)
    last_extension = models.BigIntegerField(null=True)
    guests = models.BooleanField(default=False)
    photos = models.BooleanField(default=True)
    names = models.CharField(max_length=12, default="skip")
    leavers = models.CharField(max_length=7, default="block")
    release_days = models.PositiveSmallIntegerField(null=True)
    link = models.CharField(max_length=5, default="ask")

    personal_contacts = models.BooleanField(default=False)
    personal_mode = models.CharField(max_length=6, choices=MODES, default="all")
    company_contacts = models.BooleanField(default=False)
    mailbox_mode = models.CharField(max_length=6, choices=MODES, default="all")
    subfolders = models.BooleanField(default=True)

    sign_in = models.BooleanField(default=False)
    sign_in_mode = models.CharField(max_length=6, choices=MODES, default="all")
    enforce_sign_in = models.BooleanField(default=False, db_default=False)

    fence = models.BigIntegerField(default=0)
    users_cursor = models.TextField(default="")
    users_shape = models.TextField(default="")
    users_policy = models.BinaryField(max_length=16, null=True)
    users_applied_at = models.DateTimeField(null=True)
    purposes_refused_at = models.DateTimeField(null=True)
    token_sealed = models.BinaryField(null=True)
    token_expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint("tenant", "source", name="integration_of_tenant"),
            models.CheckConstraint(
                name="integration_source", condition=models.Q(source="microsoft365")
            ),
            models.CheckConstraint(
                name="integration_modes",
                condition=models.Q(
                    people_mode__in=("all", "only", "except"),
                    personal_mode__in=("all", "only", "except"),
                    mailbox_mode__in=("all", "only", "except"),
                    sign_in_mode__in=("all", "only", "except"),
                ),
            ),
            models.CheckConstraint(
                name="integration_choices",
                condition=models.Q(
                    names__in=("skip", "display-name"), link__in=("ask", "link", "never")
                ),
            ),
            models.CheckConstraint(
                name="integration_leavers",
                condition=models.Q(leavers__in=("block", "keep"), release_days__isnull=True)
                | models.Q(leavers="release", release_days__isnull=False),
            ),
            models.CheckConstraint(
                name="integration_range",
                condition=models.Q(first_extension__isnull=True, last_extension__isnull=True)
                | models.Q(first_extension__gte=100, last_extension__isnull=True)
                | models.Q(
                    first_extension__gte=100,
                    last_extension__gte=models.F("first_extension"),
                    last_extension__lt=10**13,
                ),
            ),
        ]


class KeyPair(models.Model):
    """A private key (sealed) and its certificate.

    *Pending* until the directory accepts it once, then *active*; the active one before it becomes
    *retired*. At most one is pending, at most one active.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        ACTIVE = "active"
        RETIRED = "retired"

    tenant = models.ForeignKey("tenants.Tenant", **IN_TENANT)
    integration = models.ForeignKey(Integration, **IN_TENANT)
    state = models.CharField(max_length=7, choices=State.choices, default=State.PENDING)
    certificate = models.TextField()
    private_key = models.BinaryField()
    sha1 = models.CharField(max_length=40)
    sha256 = models.CharField(max_length=64)
    algorithm = models.CharField(max_length=5, default="PS256")
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
    activated_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                "tenant",
                "integration",
                name="key_pair_one_pending",
                condition=models.Q(state="pending"),
            ),
            models.UniqueConstraint(
                "tenant",
                "integration",
                name="key_pair_one_active",
                condition=models.Q(state="active"),
            ),
            models.UniqueConstraint("tenant", "sha256", name="key_pair_thumbprint"),
            models.CheckConstraint(
                name="key_pair_state",
                condition=models.Q(state__in=("pending", "active", "retired")),
            ),
            models.CheckConstraint(
                name="key_pair_algorithm", condition=models.Q(algorithm__in=("PS256", "RS256"))
            ),
        ]


class ListEntry(models.Model):
    """One line of a list of people or mailboxes, and the object it was bound to.

    `subject` is one of those below, or ADMINISTRATORS (see `rules`).
    """

    class Subject(models.TextChoices):
        PEOPLE = "people"
        PERSONAL = "personal"
        MAILBOXES = "mailboxes"
        SIGN_IN = "sign-in"

    tenant = models.ForeignKey("tenants.Tenant", **IN_TENANT)
    integration = models.ForeignKey(Integration, **IN_TENANT)
    subject = models.CharField(max_length=9, choices=Subject.choices)
    position = models.PositiveIntegerField()
    line = models.TextField()
    object_id = models.TextField(null=True, db_collation="C")

    objects = ScopedManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                "tenant", "integration", "subject", "position", name="list_entry_position"
            ),
        ]


class LinkDecision(models.Model):
    """What an administrator said of a proposal: this extension is that person's, or nobody's."""

    tenant = models.ForeignKey("tenants.Tenant", **IN_TENANT)
    integration = models.ForeignKey(Integration, **IN_TENANT)
    object_id = models.TextField(db_collation="C")
    extension = models.ForeignKey("telephony.Extension", null=True, **IN_TENANT)
    decided_by = models.TextField()
    decided_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                "tenant", "integration", "object_id", name="link_decision_object"
            ),
            models.UniqueConstraint(
                "tenant",
                "extension",
                name="link_decision_extension",
                condition=models.Q(extension__isnull=False),
            ),
        ]


class NumberAssignment(models.Model):
    """A number kept for a person who has not come in yet, from an import."""

    tenant = models.ForeignKey("tenants.Tenant", **IN_TENANT)
    integration = models.ForeignKey(Integration, **IN_TENANT)
    line = models.TextField()
    object_id = models.TextField(null=True, db_collation="C")
    number = models.BigIntegerField()

    objects = ScopedManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint("tenant", "number", name="assignment_number"),
            models.UniqueConstraint("tenant", "integration", "line", name="assignment_line"),
            models.UniqueConstraint(
                "tenant",
                "integration",
                "object_id",
                name="assignment_object",
                condition=models.Q(object_id__isnull=False),
            ),
        ]
