"""What the last check of a set-up found."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from rollcall.integrations.models.integration import Integration
from rollcall.tenants.scope import IN_TENANT, ScopedManager


class SetupCheck(models.Model):
    """The newest check of an integration, while it goes on and after it.

    `findings` are core findings as JSON, as far as they have come; `finished_at` is empty until
    the last one is there. What was learnt of the directory stays from one check to the next.
    `lacking` are permissions that the switches need and the token does not have.
    """

    integration = models.OneToOneField(Integration, primary_key=True, **IN_TENANT)
    tenant = models.ForeignKey("tenants.Tenant", **IN_TENANT)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    findings = models.JSONField(default=list)
    organisation = models.TextField(default="")
    domain = models.TextField(default="")
    granted = ArrayField(models.TextField(), null=True)
    lacking = ArrayField(models.TextField(), default=list)

    objects = ScopedManager()
