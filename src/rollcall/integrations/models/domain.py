"""The domains of a directory, by which a mail address finds its tenant."""

from typing import ClassVar

from django.db import models

from rollcall.integrations.models.integration import Integration
from rollcall.tenants.scope import IN_TENANT, ScopedManager


class DirectoryDomain(models.Model):
    """A domain of a directory: the end of somebody's principal name, or a `verified` one, of
    which the directory itself told a check.

    It says where to ask who somebody is, never who they are. Several tenants may have the same.
    """

    tenant = models.ForeignKey("tenants.Tenant", **IN_TENANT)
    integration = models.ForeignKey(Integration, **IN_TENANT)
    domain = models.TextField(db_collation="C")
    verified = models.BooleanField(default=False)

    objects = ScopedManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                "tenant", "integration", "domain", name="directory_domain_of_tenant"
            ),
        ]
        indexes: ClassVar = [models.Index("domain", name="directory_domain")]
