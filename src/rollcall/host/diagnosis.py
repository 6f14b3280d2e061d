"""What is the matter with this machine and its tenants: one finding a thing."""

import shutil
import stat
from collections.abc import Iterator

from django.db import connection

from rollcall.core.errors import SetupError
from rollcall.core.findings import Finding, Light
from rollcall.host.certificate import check_certificate
from rollcall.host.postgres import server_status
from rollcall.host.schema import pending_migrations
from rollcall.host.service_findings import service_findings
from rollcall.host.switch_findings import claim_findings, switch_findings, trunk_finding
from rollcall.integrations.queries import find_integration, list_key_pairs
from rollcall.integrations.runs import last_run
from rollcall.tenants.queries import TenantView, list_tenants
from rollcall.wiring.machine import Machine, utc_now

FREE_BYTES = 1_000_000_000
SOON_DAYS = 30
PRIVATE = stat.S_IRWXG | stat.S_IRWXO


def diagnose(machine: Machine) -> Iterator[Finding]:
    """Yield findings: the machine first, then each tenant."""
    yield from diagnose_machine(machine)
    yield from claim_findings()
    for tenant in list_tenants():
        yield from _tenant(tenant)


def diagnose_machine(machine: Machine) -> Iterator[Finding]:
    """Yield findings on this machine and the service alone."""
    yield Finding("configuration", Light.GREEN, f"Everything is under {machine.environment.home}.")
    yield _database(machine)
    yield _schema()
    yield _keys(machine)
    yield _disk(machine)
    yield check_certificate(machine.environment)
    yield from service_findings(now=utc_now())
    yield from switch_findings(machine.environment)


def _database(machine: Machine) -> Finding:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        version = cursor.fetchone()[0]
    status = server_status(machine.environment)
    if status is None:
        return Finding("database", Light.GREEN, f"PostgreSQL {version}, as database_url says.")
    where = f"as user {status.service_user}, data in {status.data}, log in {status.log}"
    return Finding("database", Light.GREEN, f"PostgreSQL {version}, embedded, {where}.")


def _schema() -> Finding:
    pending = pending_migrations()
    if pending:
        return Finding("tables", Light.RED, f"Migrations are missing: {', '.join(pending)}.")
    return Finding("tables", Light.GREEN, "Up to date.")


def _keys(machine: Machine) -> Finding:
    path = machine.environment.encryption_key_file
    try:
        ring = machine.key_ring()
    except SetupError as error:
        return Finding("encryption keys", Light.RED, str(error))
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & PRIVATE:
        return Finding(
            "encryption keys", Light.RED, f"{path} can be read by others: chmod 600 {path}"
        )
    return Finding(
        "encryption keys",
        Light.GREEN,
        f"{path} holds {len(ring.keys)}; keep a copy of it apart from the database's backup.",
    )


def _disk(machine: Machine) -> Finding:
    free = shutil.disk_usage(machine.environment.home).free
    light = Light.GREEN if free > FREE_BYTES else Light.AMBER
    return Finding("disk", light, f"{free / 1e9:.1f} GB free.")


def _tenant(tenant: TenantView) -> Iterator[Finding]:
    if trunk := trunk_finding(tenant):
        yield trunk
    integration = find_integration(tenant.id)
    if integration is None:
        yield Finding(tenant.slug, Light.AMBER, "Microsoft 365 is not set up.")
        return
    yield _certificate(tenant)
    yield _sync(tenant, paused=integration.paused)


def _certificate(tenant: TenantView) -> Finding:
    now = utc_now()
    usable = [key for key in list_key_pairs(tenant.id) if key.state != "retired"]
    if not usable:
        return Finding(tenant.slug, Light.AMBER, "There is no key pair yet.")
    left = max(key.days_left(now) for key in usable)
    if left < 0:
        return Finding(
            tenant.slug, Light.RED, "The certificate has expired.", "errors/certificate-expired.md"
        )
    light = Light.AMBER if left < SOON_DAYS else Light.GREEN
    return Finding(tenant.slug, light, f"The certificate is valid for {left} days.")


def _sync(tenant: TenantView, *, paused: bool) -> Finding:
    run = last_run(tenant.id)
    if run is None:
        return Finding(tenant.slug, Light.AMBER, "No sync has run yet.")
    words = f"The last sync (run {run.id}) is {run.state}."
    if run.state == "failed" and run.error:
        return Finding(
            tenant.slug, Light.RED, f"{words} {run.error['message']}", run.error.get("help", "")
        )
    if run.state == "held":
        return Finding(tenant.slug, Light.AMBER, f"{words} {run.hold or ''}")
    if paused:
        return Finding(tenant.slug, Light.AMBER, f"{words} The sync is paused.")
    return Finding(tenant.slug, Light.GREEN, words)
