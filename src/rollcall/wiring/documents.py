"""A tenant, its integration and its key pairs as JSON: commands print it, the API answers it."""

from datetime import datetime

import msgspec

from rollcall.integrations.queries import (
    IntegrationView,
    KeyPairView,
    ListView,
    list_key_pairs,
)
from rollcall.integrations.runs import RunView, last_run
from rollcall.integrations.schedules import next_run_at
from rollcall.tenants.queries import TenantView
from rollcall.wiring.check import redirect_uris
from rollcall.wiring.machine import Machine, utc_now
from rollcall.wiring.settings import extension_range


class TenantJson(msgspec.Struct, frozen=True):
    """A tenant as JSON."""

    slug: str
    name: str
    sip_domain: str
    time_zone: str
    country: str
    state: str
    first_extension: str
    last_extension: str
    reserved_numbers: tuple[str, ...]
    created_at: datetime


class ListJson(msgspec.Struct, frozen=True):
    """A selection as JSON."""

    mode: str
    lines: tuple[dict[str, str | None], ...]


class KeyPairJson(msgspec.Struct, frozen=True, kw_only=True):
    """A key pair as JSON."""

    id: int
    state: str
    thumbprint_sha1: str
    thumbprint_sha256: str
    not_before: datetime
    not_after: datetime
    days_left: int
    created_at: datetime
    activated_at: datetime | None
    retired_at: datetime | None


class IntegrationJson(msgspec.Struct, frozen=True, kw_only=True):
    """An integration as JSON."""

    tenant: str
    application_id: str | None
    directory_id: str | None
    cloud: str
    redirect_uris: list[str]
    sync_time: str
    paused: bool
    users: bool
    people: ListJson
    start: str
    end: str
    guests: bool
    photos: bool
    names: str
    leavers: str
    link: str
    personal_contacts: bool
    personal: ListJson
    company_contacts: bool
    mailboxes: ListJson
    subfolders: bool
    sign_in: bool
    sign_in_people: ListJson
    administrators: ListJson
    enforce_sign_in: bool
    certificate_days: int
    key_pairs: list[KeyPairJson]
    next_run_at: datetime | None
    last_run: dict[str, object] | None


def to_key_pair_json(key: KeyPairView, now: datetime) -> KeyPairJson:
    """Return a key pair as JSON."""
    return KeyPairJson(
        id=key.id,
        state=key.state,
        thumbprint_sha1=key.sha1,
        thumbprint_sha256=key.sha256,
        not_before=key.not_before,
        not_after=key.not_after,
        days_left=key.days_left(now),
        created_at=key.created_at,
        activated_at=key.activated_at,
        retired_at=key.retired_at,
    )


def to_tenant_json(view: TenantView) -> TenantJson:
    """Return a tenant as JSON."""
    return TenantJson(
        slug=view.slug,
        name=view.name,
        sip_domain=view.sip_domain,
        time_zone=view.time_zone,
        country=view.country,
        state=view.state,
        first_extension=str(view.first_extension),
        last_extension=str(view.last_extension),
        reserved_numbers=tuple(map(str, view.reserved_numbers)),
        created_at=view.created_at,
    )


def to_integration_json(
    machine: Machine, tenant: TenantView, integration: IntegrationView
) -> IntegrationJson:
    """Return an integration as JSON, with its key pairs and its last run."""
    run = last_run(tenant.id)
    scope = extension_range(tenant, integration)
    now = utc_now()
    leavers = integration.leavers
    if leavers == "release":
        leavers = f"release:{integration.release_days}"
    return IntegrationJson(
        tenant=tenant.slug,
        application_id=integration.application_id,
        directory_id=integration.directory_id,
        cloud=integration.cloud,
        redirect_uris=redirect_uris(machine.environment),
        sync_time=integration.sync_time,
        paused=integration.paused,
        users=integration.users,
        people=_list_json(integration.people),
        start=str(scope.first),
        end=str(scope.last),
        guests=integration.guests,
        photos=integration.photos,
        names=integration.names,
        leavers=leavers,
        link=integration.link,
        personal_contacts=integration.personal_contacts,
        personal=_list_json(integration.personal),
        company_contacts=integration.company_contacts,
        mailboxes=_list_json(integration.mailboxes),
        subfolders=integration.subfolders,
        sign_in=integration.sign_in,
        sign_in_people=_list_json(integration.sign_in_people),
        administrators=_list_json(integration.administrators),
        enforce_sign_in=integration.enforce_sign_in,
        certificate_days=integration.certificate_days,
        key_pairs=[to_key_pair_json(key, now) for key in list_key_pairs(tenant.id)],
        next_run_at=next_run_at(integration),
        last_run=_run_json(run) if run else None,
    )


def _list_json(listed: ListView) -> ListJson:
    lines = ({"line": line, "directory_object_id": each} for line, each in listed.lines)
    return ListJson(mode=listed.mode, lines=tuple(lines))


def _run_json(run: RunView) -> dict[str, object]:
    return {"id": run.id, "state": run.state, "finished_at": run.finished_at}
