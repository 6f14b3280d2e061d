"""What to register in the directory, and looking people up in it, live."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from rollcall.core.errors import SyncError
from rollcall.core.matching import Match, match_lines
from rollcall.core.records import UserRecord
from rollcall.environment import Environment
from rollcall.integrations.queries import IntegrationView, list_key_pairs
from rollcall.providers.m365.auth import Application
from rollcall.providers.m365.source import M365Source, open_source
from rollcall.wiring.machine import Machine, new_id, utc_now
from rollcall.wiring.settings import to_application
from rollcall.wiring.sync import run_async
from rollcall.wiring.vault import SealedVault

CALLBACK = "/ms365/callback"
LOGOUT = "/ms365/logout"


def redirect_uris(environment: Environment) -> list[str]:
    """Return the redirect URIs to register: from configuration, never from a request."""
    domains = (environment.web_domain, environment.sbc_domain)
    return [f"{domain.origin}{CALLBACK}" for domain in domains if domain is not None]


def logout_uri(environment: Environment) -> str:
    """Return the front-channel logout URL to register (Entra takes one), or nothing."""
    domain = environment.web_domain or environment.sbc_domain
    return f"{domain.origin}{LOGOUT}" if domain is not None else ""


def look_up(
    machine: Machine,
    integration: IntegrationView,
    lines: Sequence[str],
    *,
    patience: float | None = None,
) -> list[Match] | None:
    """Return what `lines` mean in the live directory; None while it does not answer.

    It has `patience` seconds, or all the time that it takes.
    """
    if not any(key.state == "active" for key in list_key_pairs(integration.tenant_id)):
        return None
    application = to_application(machine, integration, machine.key_ring())

    async def find() -> list[UserRecord]:
        async with (
            asyncio.timeout(patience),
            open_directory(machine, integration, application, SealedVault) as source,
        ):
            return await source.find_users(lines)

    try:
        return match_lines(lines, run_async(find))
    except (SyncError, TimeoutError):
        return None


@asynccontextmanager
async def open_directory(
    machine: Machine,
    integration: IntegrationView,
    application: Application,
    vault: type[SealedVault],
) -> AsyncIterator[M365Source]:
    """Open a connection to an integration's directory; it is closed with the block."""
    async with AsyncExitStack() as stack:
        connection = await machine.connect(stack)
        yield await stack.enter_async_context(
            open_source(
                application=application,
                vault=vault(
                    connection,
                    machine.key_ring,
                    utc_now,
                    tenant_id=integration.tenant_id,
                    integration_id=integration.id,
                ),
                outgoing=machine.outgoing(application.cloud),
                new_id=new_id,
            )
        )
