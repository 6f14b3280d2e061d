"""Tables of the tenants app. Others call its queries and operations."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from rollcall.core.numbering import DEFAULT_RESERVED


def default_reserved() -> list[int]:
    """Return the numbers that a new tenant never gives to anybody."""
    return sorted(DEFAULT_RESERVED)


class Tenant(models.Model):
    """A customer of the PBX."""

    class State(models.TextChoices):
        ACTIVE = "active"
        SUSPENDED = "suspended"

    slug = models.CharField(max_length=40, unique=True)
    name = models.TextField()
    sip_domain = models.CharField(max_length=253, unique=True)
    time_zone = models.CharField(max_length=64)
    country = models.CharField(max_length=2)
    state = models.CharField(max_length=9, choices=State.choices, default=State.ACTIVE)
    first_extension = models.BigIntegerField(default=1000)
    last_extension = models.BigIntegerField(default=9999)
    reserved_numbers = ArrayField(models.BigIntegerField(), default=default_reserved)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="tenant_slug_shape",
                condition=models.Q(slug__regex=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"),
            ),
            models.CheckConstraint(
                name="tenant_sip_domain_lower",
                condition=models.Q(sip_domain__regex=r"^[a-z0-9.-]+$"),
            ),
            models.CheckConstraint(
                name="tenant_country_shape", condition=models.Q(country__regex=r"^[A-Z]{2}$")
            ),
            models.CheckConstraint(
                name="tenant_extension_range",
                condition=models.Q(
                    first_extension__gte=100,
                    last_extension__gte=models.F("first_extension"),
                    last_extension__lt=10**13,
                ),
            ),
            models.CheckConstraint(
                name="tenant_state", condition=models.Q(state__in=("active", "suspended"))
            ),
        ]
