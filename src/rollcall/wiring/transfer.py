"""A tenant's settings as a file: all that there is to set, and no secret."""

from typing import Annotated, Any, Literal

import msgspec
from django.db import transaction
from msgspec import Meta

from rollcall.calling.trunk_operations import NewTrunk, import_trunk, save_emergency_numbers
from rollcall.calling.trunks import find_emergency_numbers, find_trunk
from rollcall.core.errors import SetupError
from rollcall.core.numbering import parse_range
from rollcall.integrations.operations import (
    Connection,
    NewList,
    change_integration,
    parse_sync_time,
)
from rollcall.integrations.queries import IntegrationView, ListView, find_integration
from rollcall.integrations.rules import ADMINISTRATORS
from rollcall.tenants import operations as tenants
from rollcall.tenants.queries import TenantView, get_tenant, list_tenants
from rollcall.wiring.machine import Machine
from rollcall.wiring.settings import check_cloud

FORMAT = 1


class TenantPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The tenant itself."""

    name: str
    sip_domain: str
    time_zone: str
    country: str
    first_extension: int
    last_extension: int
    reserved_numbers: list[int]


class ListPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A selection; lines that are bound are written as object ids."""

    mode: Literal["all", "only", "except"]
    lines: list[str]


class IntegrationPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The integration's settings."""

    application_id: str | None
    directory_id: str | None
    cloud: str
    certificate_days: int
    sync_time: str
    users: bool
    people: ListPart
    first_extension: int | None
    last_extension: int | None
    guests: bool
    photos: bool
    names: Literal["skip", "display-name"]
    leavers: Literal["block", "keep", "release"]
    release_days: Annotated[int, Meta(ge=0)] | None
    link: Literal["ask", "link", "never"]
    personal_contacts: bool
    personal: ListPart
    company_contacts: bool
    mailboxes: ListPart
    subfolders: bool
    sign_in: bool
    sign_in_people: ListPart
    administrators: ListPart = ListPart(mode="only", lines=[])
    enforce_sign_in: bool = False


class TrunkPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The way to the telephone network, without its password and its numbers."""

    enabled: bool
    kind: Literal["registration", "address"]
    host: str
    port: Annotated[int, Meta(ge=1, le=65535)] | None
    transport: Literal["udp", "tcp", "tls"]
    username: str
    addresses: list[str]
    number_format: Literal["plus", "digits", "national"]
    main_number: str | None
    proxy: str = ""


class CallsPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the tenant calls. Without `emergency_numbers` those of the country count."""

    trunk: TrunkPart | None
    emergency_numbers: list[str] | None


class SettingsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole file."""

    rollcall_settings: int
    tenant: TenantPart
    microsoft365: IntegrationPart | None
    calls: CallsPart | None = None


def export_settings(slug: str) -> bytes:
    """Return the settings of a tenant as a file."""
    tenant = get_tenant(slug)
    integration = find_integration(tenant.id)
    content = SettingsFile(
        rollcall_settings=FORMAT,
        tenant=_tenant_part(tenant),
        microsoft365=_integration_part(integration) if integration else None,
        calls=_calls_part(tenant.id),
    )
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"


def import_settings(machine: Machine, slug: str, content: bytes, *, actor: str) -> TenantView:
    """Set a tenant to what a file says; add it if there is none. All of it or nothing."""
    settings = _read(content)
    if settings.microsoft365 is not None:
        check_cloud(machine, settings.microsoft365.cloud)
    with transaction.atomic():
        tenant = _set_tenant(slug, settings.tenant)
        if settings.microsoft365 is not None:
            _set_integration(tenant.id, settings.microsoft365, actor)
        if settings.calls is not None:
            _set_calls(tenant.id, settings.calls, actor)
    return get_tenant(slug)


def _read(content: bytes) -> SettingsFile:
    try:
        settings = msgspec.json.decode(content, type=SettingsFile)
    except msgspec.DecodeError as error:
        raise SetupError(
            f"This is no file of settings that “rollcall export” wrote: {error}.", code="bad-file"
        ) from None
    if settings.rollcall_settings != FORMAT:
        raise SetupError(
            f"The file is of format {settings.rollcall_settings}; this version reads {FORMAT}.",
            code="bad-file",
        )
    return settings


def _tenant_part(tenant: TenantView) -> TenantPart:
    return TenantPart(
        name=tenant.name,
        sip_domain=tenant.sip_domain,
        time_zone=tenant.time_zone,
        country=tenant.country,
        first_extension=tenant.first_extension,
        last_extension=tenant.last_extension,
        reserved_numbers=list(tenant.reserved_numbers),
    )


TRUNK = tuple(name for name in TrunkPart.__struct_fields__ if name != "addresses")


def _calls_part(tenant_id: int) -> CallsPart:
    view, emergency = find_trunk(tenant_id), find_emergency_numbers(tenant_id)
    own = list(emergency.numbers) if emergency.own else None
    if view is None:
        return CallsPart(trunk=None, emergency_numbers=own)
    values: dict[str, Any] = {name: getattr(view, name) for name in TRUNK}
    return CallsPart(TrunkPart(**values, addresses=list(view.addresses)), own)


PLAIN = (
    "application_id",
    "directory_id",
    "cloud",
    "certificate_days",
    "sync_time",
    "users",
    "first_extension",
    "last_extension",
    "guests",
    "photos",
    "names",
    "leavers",
    "release_days",
    "link",
    "personal_contacts",
    "company_contacts",
    "subfolders",
    "sign_in",
    "enforce_sign_in",
)
LISTS = {
    "people": "people",
    "personal": "personal",
    "mailboxes": "mailboxes",
    "sign_in_people": "sign-in",
    "administrators": ADMINISTRATORS,
}
CONNECTION = ("application_id", "directory_id", "cloud")


def _integration_part(integration: IntegrationView) -> IntegrationPart:
    parts: dict[str, Any] = {name: getattr(integration, name) for name in PLAIN}
    parts.update((name, _list_part(getattr(integration, name))) for name in LISTS)
    return IntegrationPart(**parts)


def _list_part(listed: ListView) -> ListPart:
    lines = [bound or line for line, bound in listed.lines]
    return msgspec.convert({"mode": listed.mode, "lines": lines}, ListPart)


def _set_tenant(slug: str, part: TenantPart) -> TenantView:
    if not any(slug == each.slug for each in list_tenants()):
        tenants.add_tenant(
            slug=slug,
            name=part.name,
            sip_domain=part.sip_domain,
            time_zone=part.time_zone,
            country=part.country,
        )
    scope = parse_range(str(part.first_extension), str(part.last_extension))
    return tenants.change_tenant(
        slug,
        name=part.name,
        sip_domain=part.sip_domain,
        time_zone=part.time_zone,
        country=part.country,
        extension_range=scope,
        reserved_numbers=part.reserved_numbers,
    )


def _set_calls(tenant_id: int, part: CallsPart, actor: str) -> None:
    """Set trunk and emergency numbers; a file without a trunk leaves the one there is."""
    if part.trunk is not None:
        values: dict[str, Any] = {name: getattr(part.trunk, name) for name in TRUNK}
        values["main_number"] = part.trunk.main_number or ""
        new = NewTrunk(**values, addresses=tuple(part.trunk.addresses))
        import_trunk(tenant_id, new, actor=actor)
    if part.emergency_numbers is not None or find_emergency_numbers(tenant_id).own:
        save_emergency_numbers(tenant_id, part.emergency_numbers, actor=actor)


def _set_integration(tenant_id: int, part: IntegrationPart, actor: str) -> None:
    values: dict[str, Any] = {name: getattr(part, name) for name in PLAIN if name not in CONNECTION}
    values["sync_time"] = parse_sync_time(part.sync_time)
    if (part.leavers == "release") is (part.release_days is None):
        raise SetupError("“release_days” goes with leavers “release”.", code="bad-file")
    if part.first_extension is not None:
        last = part.last_extension
        parse_range(str(part.first_extension), str(last) if last is not None else None)
    elif part.last_extension is not None:
        raise SetupError("“last_extension” needs “first_extension”.", code="bad-file")
    change_integration(
        tenant_id,
        actor=actor,
        connection=Connection(part.application_id, part.directory_id, part.cloud),
        values=values,
        lists={
            subject: NewList(mode=listed.mode, lines=tuple(listed.lines))
            for name, subject in LISTS.items()
            for listed in [getattr(part, name)]
        },
    )
