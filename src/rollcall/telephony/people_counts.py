"""How many people of a directory have an extension that works."""

from collections.abc import Collection

from django.db import connection

from rollcall.telephony.models import Extension

_AMONG = """
    SELECT count(*) FROM telephony_extension
    WHERE tenant_id = %(tenant)s AND source = 'microsoft365' AND state = 'active'
        AND deleted_at IS NULL AND directory_object_id = ANY(%(people)s)
"""


def count_working(tenant_id: int) -> int:
    """Count the people of a tenant's directory with an extension that works."""
    rows = Extension.objects.of(tenant_id).filter(
        source=Extension.Source.MICROSOFT365,
        state=Extension.State.ACTIVE,
        deleted_at__isnull=True,
    )
    return rows.count()


def count_working_among(tenant_id: int, object_ids: Collection[str]) -> int:
    """Count those of some people who have such an extension."""
    if not object_ids:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_AMONG, {"tenant": tenant_id, "people": list(object_ids)})
        return int(cursor.fetchone()[0])
