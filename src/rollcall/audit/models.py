"""The table of the audit app."""

from typing import ClassVar

from django.db import models

from rollcall.tenants.scope import IN_TENANT, ScopedManager


class AuditEntry(models.Model):
    """One thing that somebody did. `tenant` is null for what concerns the whole system."""

    tenant = models.ForeignKey("tenants.Tenant", null=True, **IN_TENANT)
    at = models.DateTimeField(auto_now_add=True)
    actor = models.TextField()
    action = models.CharField(max_length=60)
    subject = models.TextField(default="")
    detail = models.JSONField(default=dict)

    objects = ScopedManager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["tenant", "-at"], name="audit_tenant_at")]
