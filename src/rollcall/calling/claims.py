"""Numbers that several tenants say are theirs. They ring at whoever said so first."""

from typing import Final

import msgspec

from rollcall.tenants.statements import fetch, load_statements

SQL: Final = load_statements("rollcall.calling", "claims.sql")


class DoubleClaim(msgspec.Struct, frozen=True):
    """How many numbers of one tenant another one claims, too; the tenants by their slugs."""

    first: str
    other: str
    count: int


def claimed_twice(*, limit: int) -> tuple[DoubleClaim, ...]:
    """Return who claims numbers that another tenant claimed before. At the server's shell only."""
    return tuple(DoubleClaim(*row) for row in fetch(SQL["claimed_twice"], {"limit": limit}))
