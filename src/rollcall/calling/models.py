"""Tables of the calling app. Others call its queries and operations."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Cast

from rollcall.tenants.scope import IN_TENANT, ScopedManager

FIRST_E164 = 10**3
BEYOND_E164 = 10**15


class Device(models.Model):
    """A desk phone of an extension: it signs in at the switch with a digest of its own.

    `ha1` is MD5(username:realm:password) in hexadecimal (RFC 2617); the password is kept nowhere.
    `realm` is the tenant's SIP domain when the password was made: after a change of the domain the
    password is worth nothing.
    """

    tenant = models.ForeignKey("tenants.Tenant", **IN_TENANT)
    extension = models.ForeignKey("telephony.Extension", **IN_TENANT)
    name = models.TextField()
    username = models.CharField(max_length=32, db_collation="C")
    realm = models.CharField(max_length=253)
    ha1 = models.CharField(max_length=32)
    created_at = models.DateTimeField(auto_now_add=True)
    password_at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint("username", name="device_username"),
            models.CheckConstraint(
                name="device_username_shape",
                condition=models.Q(username__regex=r"^[0-9]+-[a-z0-9]{4,16}$"),
            ),
            models.CheckConstraint(
                name="device_ha1_shape", condition=models.Q(ha1__regex=r"^[0-9a-f]{32}$")
            ),
        ]
        indexes: ClassVar = [models.Index("tenant", "extension", name="device_extension")]


class Line(models.Model):
    """A web phone's short-lived credentials: made for a session, gone with it or when they expire.

    `session` is the public id of the session that asked for them.
    """

    username = models.CharField(max_length=32, primary_key=True, db_collation="C")
    tenant = models.ForeignKey("tenants.Tenant", **IN_TENANT)
    extension = models.ForeignKey("telephony.Extension", **IN_TENANT)
    session = models.UUIDField()
    realm = models.CharField(max_length=253)
    ha1 = models.CharField(max_length=32)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="line_username_shape",
                condition=models.Q(username__regex=r"^w[a-z0-9]{15,31}$"),
            ),
            models.CheckConstraint(
                name="line_ha1_shape", condition=models.Q(ha1__regex=r"^[0-9a-f]{32}$")
            ),
        ]
        indexes: ClassVar = [
            models.Index("tenant", "extension", name="line_extension"),
            models.Index("expires_at", name="line_expires"),
        ]


class CallSettings(models.Model):
    """How a tenant dials. Without `emergency_numbers` those of its country count."""

    tenant = models.OneToOneField("tenants.Tenant", primary_key=True, **IN_TENANT)
    emergency_numbers = ArrayField(models.CharField(max_length=6), null=True)

    objects = ScopedManager()


class Trunk(models.Model):
    """A tenant's way to the telephone network, through its carrier.

    A `registration` trunk registers with a user name and a password, sealed here (it may be lost
    with the key that it was sealed with, or not be set yet); an `address` trunk is known by where
    it comes from. `addresses` are the carrier's own (CIDR): from nowhere
    else are calls taken; empty, those of `proxy` or else `host`. To the `proxy`
    everything is sent, if the carrier has one; `port` is that of it, then.
    """

    class Kind(models.TextChoices):
        REGISTRATION = "registration"
        ADDRESS = "address"

    class Transport(models.TextChoices):
        UDP = "udp"
        TCP = "tcp"
        TLS = "tls"

    class NumberFormat(models.TextChoices):
        PLUS = "plus"
        DIGITS = "digits"
        NATIONAL = "national"

    tenant = models.OneToOneField("tenants.Tenant", primary_key=True, **IN_TENANT)
    enabled = models.BooleanField(default=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    host = models.CharField(max_length=253)
    proxy = models.CharField(max_length=253, default="", blank=True)
    port = models.IntegerField(null=True)  # null: as the DNS says, or the usual one
    transport = models.CharField(max_length=3, choices=Transport.choices, default=Transport.UDP)
    username = models.CharField(max_length=64, default="", blank=True)
    password_sealed = models.BinaryField(null=True)
    password_at = models.DateTimeField(null=True)
    addresses = ArrayField(models.CharField(max_length=43), default=list)
    number_format = models.CharField(
        max_length=8, choices=NumberFormat.choices, default=NumberFormat.PLUS
    )
    main_number = models.BigIntegerField(null=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = ScopedManager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="trunk_kind", condition=models.Q(kind__in=("registration", "address"))
            ),
            models.CheckConstraint(
                name="trunk_transport", condition=models.Q(transport__in=("udp", "tcp", "tls"))
            ),
            models.CheckConstraint(
                name="trunk_format",
                condition=models.Q(number_format__in=("plus", "digits", "national")),
            ),
            models.CheckConstraint(
                name="trunk_port", condition=models.Q(port__gte=1, port__lte=65535)
            ),
            models.CheckConstraint(
                name="trunk_registers",
                condition=models.Q(kind="address") | ~models.Q(username=""),
            ),
            models.CheckConstraint(
                name="trunk_main_number",
                condition=models.Q(main_number__isnull=True)
                | models.Q(main_number__gte=FIRST_E164, main_number__lt=BEYOND_E164),
            ),
        ]


class TrunkState(models.Model):
    """Whether the switch is registered at a tenant's carrier; the switch writes it."""

    class State(models.TextChoices):
        UNKNOWN = "unknown"
        REGISTERED = "registered"
        READY = "ready"
        REFUSED = "refused"
        SILENT = "silent"

    tenant = models.OneToOneField("tenants.Tenant", primary_key=True, **IN_TENANT)
    state = models.CharField(max_length=10, choices=State.choices, default=State.UNKNOWN)
    detail = models.TextField(default="", blank=True)
    since = models.DateTimeField()
    seen_at = models.DateTimeField()

    objects = ScopedManager()


class TrunkNumber(models.Model):
    """A number that the carrier gave to the tenant (E.164 without “+”), and whom it rings.

    With `shown` it is the caller id of that extension's calls; the lowest of several wins.
    """

    tenant = models.ForeignKey("tenants.Tenant", **IN_TENANT)
    number = models.BigIntegerField()
    extension = models.ForeignKey("telephony.Extension", null=True, **IN_TENANT)
    shown = models.BooleanField(default=True)

    objects = ScopedManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint("tenant", "number", name="trunk_number"),
            models.CheckConstraint(
                name="trunk_number_shape",
                condition=models.Q(number__gte=FIRST_E164, number__lt=BEYOND_E164),
            ),
        ]
        indexes: ClassVar = [
            models.Index("tenant", "extension", "number", name="trunk_number_extension"),
            models.Index("tenant", Cast("number", models.CharField()), name="trunk_number_dialled"),
        ]


class Call(models.Model):
    """A call that ended: who, when, how long, and what became of it. The switch writes it.

    Numbers are as dialled and as shown; `seconds` is how long people talked.
    """

    class Direction(models.TextChoices):
        INTERNAL = "internal"
        INBOUND = "inbound"
        OUTBOUND = "outbound"

    class Result(models.TextChoices):
        ANSWERED = "answered"
        CANCELLED = "cancelled"
        NO_ANSWER = "no-answer"
        BUSY = "busy"
        DECLINED = "declined"
        UNREACHABLE = "unreachable"
        REFUSED = "refused"
        FAILED = "failed"

    tenant = models.ForeignKey("tenants.Tenant", **IN_TENANT)
    sip_call_id = models.TextField(db_collation="C")
    direction = models.CharField(max_length=8, choices=Direction.choices)
    caller = models.ForeignKey("telephony.Extension", null=True, **IN_TENANT)
    callee = models.ForeignKey("telephony.Extension", null=True, **IN_TENANT)
    caller_number = models.CharField(max_length=64, default="", blank=True)
    callee_number = models.CharField(max_length=64, default="", blank=True)
    began_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField()
    seconds = models.IntegerField(default=0)
    result = models.CharField(max_length=11, choices=Result.choices)
    sip_code = models.SmallIntegerField(default=0)
    emergency = models.BooleanField(default=False)

    objects = ScopedManager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="call_direction",
                condition=models.Q(direction__in=("internal", "inbound", "outbound")),
            ),
            models.CheckConstraint(
                name="call_seconds",
                condition=models.Q(seconds__gte=0)
                & (models.Q(result="answered") | models.Q(seconds=0)),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "-began_at", "-id"], name="call_newest"),
            models.Index(fields=["tenant", "caller", "-began_at", "-id"], name="call_caller"),
            models.Index(fields=["tenant", "callee", "-began_at", "-id"], name="call_callee"),
            models.Index(fields=["tenant", "result", "-began_at", "-id"], name="call_by_result"),
            models.Index(
                fields=["tenant", "direction", "-began_at", "-id"], name="call_by_direction"
            ),
        ]


class SwitchCount(models.Model):
    """A number that the switch says of itself every few seconds: its calls, say. For /metrics."""

    name = models.CharField(max_length=40, primary_key=True)
    value = models.BigIntegerField()
    seen_at = models.DateTimeField()

    objects = ScopedManager()
