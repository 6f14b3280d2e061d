"""Every query names its tenant.

`objects.of(tenant_id)` is the way to a table; crossing tenants says so by name, with
`objects.all_tenants()`, and a test lists the places that do.
"""

from collections.abc import Callable
from typing import Any, Final, TypedDict, TypeVar

from django.db import models
from django.db.models.manager import BaseManager

M = TypeVar("M", bound=models.Model)


class _InTenant(TypedDict):
    on_delete: Callable[..., Any]
    db_constraint: bool
    db_index: bool
    related_name: str


IN_TENANT: Final[_InTenant] = {
    "on_delete": models.DO_NOTHING,
    "db_constraint": False,
    "db_index": False,
    "related_name": "+",
}
"""For every foreign key: the constraint is made in SQL (isolation.py), because it carries the
tenant and cascades in the database; an index is made where a query needs it."""


class ScopedManager(BaseManager[M]):
    """A manager without all(), filter() and get(): the tenant comes first."""

    _queryset_class = models.QuerySet

    def of(self, tenant_id: int) -> models.QuerySet[M]:
        """Return the rows of one tenant."""
        return self.get_queryset().filter(tenant_id=tenant_id)

    def all_tenants(self) -> models.QuerySet[M]:
        """Return the rows of every tenant: for housekeeping, migrations and the provider's view."""
        return self.get_queryset()
