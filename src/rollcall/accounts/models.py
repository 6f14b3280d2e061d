"""Tables of the accounts app. Others call its queries and operations.

What proves who somebody is (all but `Account`) is closed to the web's role: it is
read before there is a scope, by the role that owns the tables, never in a page's transaction.
"""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from rollcall.tenants.scope import IN_TENANT, ScopedManager


class Account(models.Model):
    """Somebody who signs in. `tenant` is null for those who look after the whole system.

    One that is not `local` was made by a sign-in with Microsoft, and belongs to whoever has its
    extension: it has no password, its role is the one that the settings give, and its `email_key`
    is no mail address (rollcall.accounts.microsoft), so that nothing finds it by one.
    """

    class Role(models.TextChoices):
        SYSTEM = "system"
        ADMINISTRATOR = "administrator"
        USER = "user"

    tenant = models.ForeignKey("tenants.Tenant", null=True, **IN_TENANT)
    role = models.CharField(max_length=13, choices=Role.choices)
    email = models.TextField()
    email_key = models.TextField(db_collation="C")
    name = models.TextField(default="", blank=True)
    extension = models.ForeignKey("telephony.Extension", null=True, **IN_TENANT)
    local = models.BooleanField(default=True, db_default=True)
    disabled_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_sign_in_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                "tenant",
                "email_key",
                name="account_email",
                condition=models.Q(tenant__isnull=False),
            ),
            models.UniqueConstraint(
                "email_key", name="account_system_email", condition=models.Q(tenant__isnull=True)
            ),
            models.UniqueConstraint(
                "tenant",
                "extension",
                name="account_extension",
                condition=models.Q(extension__isnull=False),
            ),
            models.CheckConstraint(
                name="account_role",
                condition=models.Q(role="system", tenant__isnull=True, extension__isnull=True)
                | models.Q(role__in=("administrator", "user"), tenant__isnull=False),
            ),
        ]
        indexes: ClassVar = [models.Index("email_key", name="account_by_email")]


class Credential(models.Model):
    """What proves that somebody is the account's owner. No password means: not with one.

    `totp_step` is the last time step that was used, so that a code works once (RFC 6238, 5.2).
    `recovery` holds digests of the codes that are left.
    """

    account = models.OneToOneField(Account, primary_key=True, **IN_TENANT)
    password = models.TextField(default="", blank=True)
    password_at = models.DateTimeField(null=True)
    totp_sealed = models.BinaryField(null=True)
    totp_at = models.DateTimeField(null=True)
    totp_step = models.BigIntegerField(default=0)
    recovery = ArrayField(models.CharField(max_length=64), default=list)

    objects = ScopedManager()


class Session(models.Model):
    """A browser that somebody signed in with; its cookie's digest is the key.

    `proven` is false while the second factor is still to come. `switched` are the tenants whose
    scope a system administrator entered with it.

    One that was begun with Microsoft is that of one person of one directory; `directory_session`
    is a digest of Microsoft's own session, `granted` the role that the sign-in gave (and no other
    counts), `hint_sealed` what Microsoft's sign-out wants to hear, sealed with the token.
    """

    class Method(models.TextChoices):
        PASSWORD = "password"  # noqa: S105 - a way to sign in
        LINK = "link"
        MICROSOFT = "microsoft"

    digest = models.CharField(max_length=64, primary_key=True)
    account = models.ForeignKey(Account, **IN_TENANT)
    public_id = models.UUIDField(unique=True)
    proven = models.BooleanField(default=True)
    switched = ArrayField(models.BigIntegerField(), default=list)
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    address = models.GenericIPAddressField(null=True)
    agent = models.TextField(default="", blank=True)
    method = models.CharField(
        max_length=9, choices=Method.choices, default=Method.PASSWORD, db_default="password"
    )
    directory_id = models.TextField(default="", db_default="")
    object_id = models.TextField(default="", db_default="", db_collation="C")
    directory_session = models.CharField(max_length=64, default="", db_default="")
    granted = models.CharField(max_length=13, default="", db_default="")
    hint_sealed = models.BinaryField(null=True)

    objects = ScopedManager()

    class Meta:
        indexes: ClassVar = [
            models.Index("account", name="session_account"),
            models.Index("seen_at", name="session_seen"),
            models.Index(
                "directory_session",
                name="session_of_directory",
                condition=~models.Q(directory_session=""),
            ),
        ]


class OneTimeLink(models.Model):
    """A link that was sent or printed, which works once and for a while; its digest is the key."""

    class Purpose(models.TextChoices):
        SET_UP = "set-up"
        INVITATION = "invitation"
        RESET = "reset"
        SIGN_IN = "sign-in"

    digest = models.CharField(max_length=64, primary_key=True)
    account = models.ForeignKey(Account, null=True, **IN_TENANT)
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedManager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="link_account",
                condition=models.Q(purpose="set-up", account__isnull=True)
                | models.Q(account__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index("account", name="link_account_index"),
            models.Index("expires_at", name="link_expires"),
        ]


class Attempt(models.Model):
    """Failed sign-ins of late, counted under a key: an address, or an address and an account."""

    key = models.CharField(max_length=64, primary_key=True)
    failures = models.IntegerField(default=0)
    failed_at = models.DateTimeField()
    refused_until = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        indexes: ClassVar = [models.Index("failed_at", name="attempt_failed")]


class SpentState(models.Model):
    """A sign-in's state that was answered: a second answer is refused. Its digest is the key.

    It is forgotten when the sign-in would be too old anyway.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    spent_at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        indexes: ClassVar = [models.Index("spent_at", name="state_spent")]
