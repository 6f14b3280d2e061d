"""The check of a tenant's set-up, and looking people up in the live directory."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from rollcall.core.errors import SyncError
from rollcall.core.findings import Finding
from rollcall.core.matching import Match, match_lines
from rollcall.core.records import SourceId, UserRecord
from rollcall.environment import Environment
from rollcall.integrations.operations import forget_refused_purposes
from rollcall.integrations.queries import IntegrationView, list_key_pairs
from rollcall.providers.m365.auth import Application
from rollcall.providers.m365.check import SetupCheck
from rollcall.providers.m365.source import M365Source, open_source
from rollcall.wiring.machine import Machine, new_id, utc_now
from rollcall.wiring.settings import to_application
from rollcall.wiring.sync import run_async
from rollcall.wiring.vault import FreshVault, SealedVault

CALLBACK = "/ms365/callback"


def redirect_uris(environment: Environment) -> list[str]:
    """Return the redirect URIs to register: from configuration, never from a request."""
    domains = (environment.web_domain, environment.sbc_domain)
    return [f"{domain.origin}{CALLBACK}" for domain in domains if domain is not None]


def check_setup(
    machine: Machine, integration: IntegrationView, listener: Callable[[Finding], None]
) -> list[Finding]:
    """Walk the steps of the check, telling each finding to `listener` as it comes."""
    application = to_application(machine, integration, machine.key_ring())
    named = [SourceId(each) for _, each in integration.mailboxes.lines if each]
    personal = integration.personal
    chosen = [SourceId(each) for _, each in personal.lines if each and personal.mode == "only"]

    async def walk() -> list[Finding]:
        findings = []
        async with _source(machine, integration, application, FreshVault) as source:
            check = SetupCheck(
                source,
                application,
                stages=integration.switched_on,
                chosen=chosen,
                mailboxes=named,
                now=utc_now(),
            )
            async for finding in check.walk():
                findings.append(finding)
                listener(finding)
        return findings

    found = run_async(walk)
    forget_refused_purposes(integration.tenant_id)
    return found


def look_up(
    machine: Machine, integration: IntegrationView, lines: Sequence[str]
) -> list[Match] | None:
    """Return what `lines` mean in the live directory; None while it is not connected."""
    if not any(key.state == "active" for key in list_key_pairs(integration.tenant_id)):
        return None
    application = to_application(machine, integration, machine.key_ring())

    async def find() -> list[UserRecord]:
        async with _source(machine, integration, application, SealedVault) as source:
            return await source.find_users(lines)

    try:
        return match_lines(lines, run_async(find))
    except SyncError:
        return None


@asynccontextmanager
async def _source(
    machine: Machine,
    integration: IntegrationView,
    application: Application,
    vault: type[SealedVault],
) -> AsyncIterator[M365Source]:
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
