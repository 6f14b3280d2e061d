"""The scope of a request, in PostgreSQL: a role that is bound by policies, and whose rows it sees.

Both are set for one transaction (SET LOCAL), so nothing of them is left on the connection. What
is run on commit, is run by the role that owns the tables again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connection, transaction

WEB_ROLE: Final = "rollcall_web"
SYSTEM_ROLE: Final = "rollcall_system"


@contextmanager
def tenant_scope(tenant_id: int, *, extension_id: int | None = None) -> Iterator[None]:
    """See one tenant's rows alone, and the personal contacts of one extension or of nobody."""
    with transaction.atomic():
        _set(role=WEB_ROLE, tenant=str(tenant_id), owner=str(extension_id or ""))
        yield
        _leave()  # what raises is rolled back, and the scope with it


@contextmanager
def system_scope() -> Iterator[None]:
    """See the listed columns of all tenants, and change nothing."""
    with transaction.atomic():
        _set(role=SYSTEM_ROLE, tenant="", owner="")
        yield
        _leave()  # what raises is rolled back, and the scope with it


def _set(*, role: str, tenant: str, owner: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('app.tenant', %s, true), set_config('app.owner', %s, true), "
            "set_config('role', %s, true)",
            [tenant, owner, role],
        )


def _leave() -> None:
    """Take the scope off again, should this not have been the outermost transaction."""
    if not connection.needs_rollback and connection.connection is not None:
        _set(role="none", tenant="", owner="")
