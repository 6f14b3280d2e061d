"""The sealed access token between runs, and which key pair Microsoft accepted."""

from datetime import datetime

from psycopg import AsyncConnection

from rollcall.store.session import translated_errors
from rollcall.store.sql import load_statements

SQL = load_statements("vault.sql")


class TokenTable:
    """One integration's token and key pairs. What it keeps is sealed already."""

    def __init__(self, connection: AsyncConnection, *, tenant_id: int, integration_id: int) -> None:
        self._connection = connection
        self._ids = {"tenant": tenant_id, "integration": integration_id}

    async def load(self) -> tuple[bytes, datetime] | None:
        """Return the sealed token and when it expires."""
        with translated_errors():
            cursor = await self._connection.execute(SQL["load_token"], self._ids)
            row = await cursor.fetchone()
        if row is None or row[0] is None or row[1] is None:
            return None
        return row[0], row[1]

    async def save(self, sealed: bytes, expires_at: datetime) -> None:
        """Keep a sealed token."""
        given = {**self._ids, "sealed": sealed, "expires_at": expires_at}
        with translated_errors():
            await self._connection.execute(SQL["save_token"], given)

    async def accept_key(self, key_id: int, algorithm: str, *, now: datetime) -> None:
        """Make the key pair the active one; the active one before it is retired."""
        given = {**self._ids, "key": key_id, "algorithm": algorithm, "now": now}
        with translated_errors():
            async with self._connection.transaction():
                cursor = await self._connection.execute(SQL["accepted_key"], given)
                row = await cursor.fetchone()
                if row is None or row == ("active", algorithm):
                    return
                if row[0] != "active":
                    await self._connection.execute(SQL["retire_active"], given)
                    await self._connection.execute(SQL["note_activation"], given)
                await self._connection.execute(SQL["activate_key"], given)
