"""What the switch must be told of all tenants: how they dial, and their trunks. One query."""

from collections.abc import Callable
from typing import Any, Final

from django.db import connection

from rollcall.core.errors import SetupError
from rollcall.credentials.secret import Secret
from rollcall.sip.trunks import TrunkFacts
from rollcall.tenants.statements import fetch, load_statements

SQL: Final = load_statements("rollcall.calling", "switch_facts.sql")

OpenPassword = Callable[[int, bytes], Secret]
"""Takes a tenant's id and its trunk's sealed password."""


def read_trunk_facts(open_password: OpenPassword) -> tuple[TrunkFacts, ...]:
    """Return how every active tenant dials, with its trunk if that is in use. For the switch.

    A password that does not open leaves its tenant without one: the others go on.
    """
    with connection.cursor() as cursor:
        cursor.execute(SQL["facts"])
        names = [column.name for column in cursor.description]
        return tuple(
            _to_facts(dict(zip(names, row, strict=True)), open_password)
            for row in cursor.fetchall()
        )


def facts_digest() -> str:
    """Return a text that is another one when a trunk, a way of dialling or a tenant changed."""
    ((digest,),) = fetch(SQL["digest"], {})
    return str(digest)


def _to_facts(row: dict[str, Any], open_password: OpenPassword) -> TrunkFacts:
    own = row["emergency"]
    told = TrunkFacts(
        tenant_id=row["tenant_id"],
        domain=row["domain"],
        country=row["country"],
        emergency=None if own is None else tuple(own),
    )
    if row["kind"] is None:
        return told
    return TrunkFacts(
        tenant_id=told.tenant_id,
        domain=told.domain,
        country=told.country,
        emergency=told.emergency,
        kind=row["kind"],
        host=row["host"],
        proxy=row["proxy"],
        port=row["port"],
        transport=row["transport"],
        username=row["username"],
        password=_open(row, open_password),
        addresses=tuple(row["addresses"]),
        number_format=row["number_format"],
        main_number=row["main_number"],
    )


def _open(row: dict[str, Any], open_password: OpenPassword) -> Secret | None:
    if row["password_sealed"] is None:
        return None
    try:
        return open_password(row["tenant_id"], bytes(row["password_sealed"]))
    except SetupError:
        return None
