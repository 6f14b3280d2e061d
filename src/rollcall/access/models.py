"""The table of the access app. Others call its queries and operations."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from rollcall.tenants.scope import IN_TENANT, ScopedManager


class Token(models.Model):
    """A token of the API, known by its digest. `tenant` is null for those of the whole system.

    `hint` is how it begins, so that people recognise it. The digest is hidden from the web's role:
    a token is looked up before there is a scope.
    """

    tenant = models.ForeignKey("tenants.Tenant", null=True, **IN_TENANT)
    name = models.TextField()
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=8)
    scopes = ArrayField(models.CharField(max_length=20))
    created_by = models.TextField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="token_ends", condition=Q(expires_at__gt=F("created_at"))),
            models.CheckConstraint(name="token_allows", condition=~Q(scopes=[])),
        ]
        indexes: ClassVar = [models.Index("tenant", name="token_tenant")]
