"""The check of a tenant's set-up: walked here or beside a page, and kept as it comes.

The rules of the steps are the provider's (rollcall.providers.m365.check).
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import BoundedSemaphore, Thread
from typing import Final, Self

import structlog
from django.db import connection

from rollcall.core.errors import SyncError, TransientError
from rollcall.core.findings import Finding, Light
from rollcall.core.records import SourceId
from rollcall.environment import Environment
from rollcall.integrations.check_operations import Learnt, begin_check, end_check, keep_findings
from rollcall.integrations.operations import forget_refused_purposes
from rollcall.integrations.queries import IntegrationView
from rollcall.providers.m365.auth import Application
from rollcall.providers.m365.check import SetupCheck
from rollcall.providers.m365.permissions import needed
from rollcall.providers.m365.source import M365Source
from rollcall.wiring.check import open_directory, redirect_uris
from rollcall.wiring.machine import Machine, utc_now
from rollcall.wiring.settings import to_application
from rollcall.wiring.sync import run_async
from rollcall.wiring.vault import FreshVault

AT_ONCE: Final = 4
"""So many checks go on in one process beside its pages."""

PATIENCE: Final = timedelta(seconds=90)
TOO_SLOW: Final = Finding(
    "time",
    Light.AMBER,
    f"Microsoft took longer than {PATIENCE.total_seconds():.0f} seconds to answer all this: the "
    "rest was not tried. Check again in a while.",
)
BROKEN: Final = Finding(
    "check", Light.RED, "Something broke here while checking. It was logged; check again."
)

_log = structlog.get_logger(__name__)
_slots = BoundedSemaphore(AT_ONCE)


def check_setup(
    machine: Machine, integration: IntegrationView, listener: Callable[[Finding], None]
) -> list[Finding]:
    """Walk the steps of the check, telling each finding to `listener` as it comes.

    What is found is kept: the portal shows it, with how long ago that was.
    """
    application = to_application(machine, integration, machine.key_ring())
    began = utc_now()
    begin_check(integration, now=began)
    return walk_check(machine, integration, application, listener, began=began)


def start_check(machine: Machine, integration: IntegrationView) -> bool:
    """Begin a check that goes on beside the caller; False if one is going on already.

    Raises SetupError for what is not filled in, TransientError while too many are going on.
    """
    application = to_application(machine, integration, machine.key_ring())
    if not _slots.acquire(blocking=False):
        raise TransientError("Several checks are going on already: try again in a minute.")
    began = utc_now()
    begun = False
    try:
        begun = begin_check(integration, now=began)
    finally:
        if not begun:
            _slots.release()
    if not begun:
        return False

    def walk() -> None:
        try:
            walk_check(machine, integration, application, lambda _: None, began=began)
        except Exception:  # noqa: BLE001 - nobody waits for this thread: it tells the log
            _log.exception("check.broke", tenant_id=integration.tenant_id)
        finally:
            _slots.release()
            _disconnect()

    Thread(target=walk, name="check", daemon=True).start()
    return True


def walk_check(
    machine: Machine,
    integration: IntegrationView,
    application: Application,
    listener: Callable[[Finding], None],
    *,
    began: datetime,
) -> list[Finding]:
    """Carry a check out that has begun, and end it whatever comes."""
    findings: list[Finding] = []
    learnt = Learnt()

    def note(finding: Finding) -> None:
        findings.append(finding)
        listener(finding)
        keep_findings(integration, findings, began=began)

    async def walk() -> Learnt:
        async with open_directory(machine, integration, application, FreshVault) as source:
            check = _setup_check(source, integration, application)
            try:
                async with asyncio.timeout(PATIENCE.total_seconds()):
                    async for finding in check.walk():
                        await aside.run_in(note, finding)
            except TimeoutError:
                await aside.run_in(note, TOO_SLOW)
            return _learnt(check, integration)

    with _Aside() as aside:
        try:
            learnt = run_async(walk)
            note(redirect_finding(machine.environment))
        except SyncError as error:
            note(Finding("discovery", Light.RED, str(error), error.help_page))
        except BaseException:
            note(BROKEN)
            raise
        finally:
            end_check(integration, findings, learnt, began=began, now=utc_now())
    forget_refused_purposes(integration.tenant_id)
    return findings


def _setup_check(
    source: M365Source, integration: IntegrationView, application: Application
) -> SetupCheck:
    personal = integration.personal
    return SetupCheck(
        source,
        application,
        stages=integration.switched_on,
        chosen=[SourceId(each) for _, each in personal.lines if each and personal.mode == "only"],
        mailboxes=[SourceId(each) for _, each in integration.mailboxes.lines if each],
        now=utc_now(),
    )


def _learnt(check: SetupCheck, integration: IntegrationView) -> Learnt:
    roles = check.roles
    wanted = [each.name for each in needed(integration.switched_on) if not each.optional]
    return Learnt(
        organisation=check.organisation,
        domain=check.domain,
        domains=check.domains,
        granted=roles,
        lacking=tuple(each for each in wanted if roles is not None and each not in roles),
    )


def redirect_finding(environment: Environment) -> Finding:
    """Say which redirect URIs must be registered: Microsoft tells nobody which ones are."""
    uris = redirect_uris(environment)
    step = "redirect URIs"
    if not uris:
        return Finding(
            step,
            Light.AMBER,
            "This server has no web domain yet, so people cannot sign in with Microsoft. The "
            "provider sets web_domain; the sync does not need it.",
            "connect-microsoft-365.md",
        )
    return Finding(
        step,
        Light.SKIPPED,
        f"Registered must be: {', '.join(uris)}. Only a sign-in can show whether they are.",
    )


class _Aside:
    """A thread beside the event loop, for the database: Django does not wait in a loop."""

    def __enter__(self) -> Self:
        self._pool = ThreadPoolExecutor(1, "check")
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.submit(_disconnect).result()
        self._pool.shutdown()

    async def run_in(self, do: Callable[[Finding], None], finding: Finding) -> None:
        await asyncio.get_running_loop().run_in_executor(self._pool, do, finding)


def _disconnect() -> None:
    connection.close()  # looked up here, because each thread has its own
