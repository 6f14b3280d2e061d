"""The token vault: what the store keeps sealed, opened with this machine's keys.

The keys are read anew each time: they may be exchanged while a run goes on.
"""

from collections.abc import Callable
from contextlib import suppress

from psycopg import AsyncConnection
from typing_extensions import override

from rollcall.core.ports import Clock
from rollcall.credentials.assertion import Algorithm
from rollcall.credentials.sealing import KeyRing, SealingError, seal, unseal
from rollcall.integrations.queries import token_place
from rollcall.providers.m365.auth import AccessToken
from rollcall.store.vault import TokenTable


class SealedVault:
    """Keeps one integration's token between runs, and learns which key was accepted."""

    def __init__(
        self,
        connection: AsyncConnection,
        keys: Callable[[], KeyRing],
        clock: Clock,
        *,
        tenant_id: int,
        integration_id: int,
    ) -> None:
        self._table = TokenTable(connection, tenant_id=tenant_id, integration_id=integration_id)
        self._keys = keys
        self._clock = clock
        self._place = token_place(tenant_id)

    async def load_token(self) -> AccessToken | None:
        """Return the kept token; one that does not open any more is as good as none."""
        for _ in range(2):  # its key may have been exchanged between the two looks
            kept = await self._table.load()
            if kept is None:
                return None
            sealed, expires_at = kept
            with suppress(SealingError):
                value = unseal(self._keys(), sealed, place=self._place)
                return AccessToken(value=value, expires_at=expires_at)
        return None

    async def save_token(self, token: AccessToken) -> None:
        """Keep a token."""
        sealed = seal(self._keys(), token.value, place=self._place)
        await self._table.save(sealed, token.expires_at)

    async def accept_key(self, key_id: int, algorithm: Algorithm) -> None:
        """Make the key pair the active one."""
        await self._table.accept_key(key_id, algorithm.value, now=self._clock())


class FreshVault(SealedVault):
    """A vault that never gives an old token out, so that permissions are up to date."""

    @override
    async def load_token(self) -> AccessToken | None:
        """Return nothing: ask anew."""
        return None
