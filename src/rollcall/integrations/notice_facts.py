"""How all tenants' integrations are, as far as somebody may have to be told: in one statement."""

from typing import Any

import msgspec
from django.db import connection, transaction

from rollcall.core.notices import CertificateFacts, Facts
from rollcall.tenants.statements import load_statements

_OWN = ("tenant_id", "slug", "name", "certificate_name", "not_before", "not_after", "time_zone")


class TenantFacts(msgspec.Struct, frozen=True):
    """One tenant, and how its integration is."""

    tenant_id: int
    slug: str
    name: str
    time_zone: str
    facts: Facts


def read_notice_facts() -> list[TenantFacts]:
    """Return how the integrations of all tenants are. As the owner of the tables."""
    statement = load_statements("rollcall.integrations", "notice_facts.sql")["facts"]
    with transaction.atomic(), connection.cursor() as cursor:
        # Else PostgreSQL sorts all runs of a tenant to find the newest (see health.facts).
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute(statement)
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        cursor.execute("SET LOCAL enable_sort TO DEFAULT")
    return [_to_facts(row) for row in rows]


def _to_facts(row: dict[str, Any]) -> TenantFacts:
    certificate = None
    if row["not_after"] is not None:
        certificate = CertificateFacts(
            row["certificate_name"][:12], row["not_before"], row["not_after"]
        )
    plain = {name: value for name, value in row.items() if name not in _OWN}
    return TenantFacts(
        row["tenant_id"],
        row["slug"],
        row["name"],
        row["time_zone"],
        Facts(certificate=certificate, **plain),
    )
