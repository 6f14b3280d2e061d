"""Tables of the mail app. Others call its queries and operations.

All but the tenants' own (`NoticeAddresses`, `Notice`) are closed to the web's role: texts of mails
may hold links that let somebody in.
"""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from rollcall.tenants.scope import IN_TENANT, ScopedManager

ONLY_ROW = 1


class MailServer(models.Model):
    """The server that takes our mails, and whose name they bear. There is one row at most.

    `notice_addresses` are the provider's: they hear of what happens to any tenant.
    """

    class Security(models.TextChoices):
        STARTTLS = "starttls"
        TLS = "tls"
        NONE = "none"

    id = models.SmallIntegerField(primary_key=True, default=ONLY_ROW)
    host = models.TextField()
    port = models.PositiveIntegerField()
    security = models.CharField(max_length=8, choices=Security.choices, default=Security.STARTTLS)
    user = models.TextField(default="", blank=True)
    password_sealed = models.BinaryField(null=True)
    password_at = models.DateTimeField(null=True)
    sender = models.TextField()
    sender_name = models.TextField(default="", blank=True)
    notice_addresses = ArrayField(models.TextField(), default=list)
    changed_at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="mail_server_single", condition=models.Q(id=ONLY_ROW)),
            models.CheckConstraint(
                name="mail_server_port", condition=models.Q(port__gte=1, port__lte=65535)
            ),
            models.CheckConstraint(
                name="mail_server_security",
                condition=models.Q(security__in=("starttls", "tls", "none")),
            ),
        ]


class OutgoingMail(models.Model):
    """A mail on its way. `tenant` is null for what concerns the whole system.

    Whoever sends it says until when (`claimed_until`), so that a mail whose sender died is sent by
    another. `reason` is what stood in the way last. The text goes when the mail is gone.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        FAILED = "failed"

    tenant = models.ForeignKey("tenants.Tenant", null=True, **IN_TENANT)
    kind = models.CharField(max_length=40)
    to = models.TextField()
    subject = models.TextField()
    text = models.TextField()
    message_id = models.TextField()
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField()
    next_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    reason = models.TextField(default="", blank=True)

    objects = ScopedManager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="mail_state",
                condition=models.Q(state="waiting", ended_at__isnull=True)
                | models.Q(state__in=("sent", "failed"), ended_at__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index("next_at", name="mail_due", condition=models.Q(state="waiting")),
            models.Index(fields=["state", "-id"], name="mail_by_state"),
            models.Index("ended_at", name="mail_ended", condition=models.Q(ended_at__isnull=False)),
        ]


class NoticeAddresses(models.Model):
    """Who gets a tenant's notices. Without a row: its administrators."""

    tenant = models.OneToOneField("tenants.Tenant", primary_key=True, **IN_TENANT)
    addresses = ArrayField(models.TextField(), default=list)

    objects = ScopedManager()


class Notice(models.Model):
    """Something that somebody should know, from when it began until it is over.

    `tenant` is null for what concerns the server. `told` are the steps of it that were told, so
    that each is told once: days that are left, codes of failures, plans. `told_at` and
    `recovered_told_at` stay null where there was no mail server or nobody to tell.
    """

    tenant = models.ForeignKey("tenants.Tenant", null=True, **IN_TENANT)
    kind = models.CharField(max_length=20)
    since = models.DateTimeField()
    told = ArrayField(models.TextField(), default=list)
    detail = models.JSONField(default=dict)
    told_at = models.DateTimeField(null=True)
    told_to = ArrayField(models.TextField(), default=list)
    recovered_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                "tenant",
                "kind",
                name="notice_open",
                condition=models.Q(recovered_at__isnull=True),
                nulls_distinct=False,
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["tenant", "-since"], name="notice_tenant_since")]


class ProviderLine(models.Model):
    """A line that waits for the next mail to the provider; many of them make one mail."""

    tenant = models.ForeignKey("tenants.Tenant", null=True, **IN_TENANT)
    at = models.DateTimeField()
    subject = models.TextField()
    text = models.TextField()

    objects = ScopedManager()
