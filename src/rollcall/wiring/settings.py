"""From an integration's row to what the engine and the provider are given."""

from collections.abc import Sequence

from rollcall.core.errors import SetupError
from rollcall.core.numbering import NumberRange, parse_range
from rollcall.core.policy import (
    Leavers,
    LinkPolicy,
    ListedSelection,
    ListLine,
    Mode,
    Names,
)
from rollcall.core.records import SourceId
from rollcall.credentials.assertion import Algorithm, Signer
from rollcall.credentials.keypair import Certificate
from rollcall.credentials.sealing import KeyRing, unseal
from rollcall.integrations.queries import (
    IntegrationView,
    ListView,
    Registration,
    SealedKey,
    key_place,
    usable_keys,
)
from rollcall.providers.m365.auth import Application
from rollcall.providers.m365.clouds import find_cloud
from rollcall.sync.context import SyncSettings
from rollcall.tenants.queries import TenantView
from rollcall.wiring.machine import Machine

GUIDE = "connect-microsoft-365.md"


def to_sync_settings(tenant: TenantView, integration: IntegrationView) -> SyncSettings:
    """Return the settings of a run."""
    return SyncSettings(
        country=tenant.country,
        scope=extension_range(tenant, integration),
        reserved=frozenset(tenant.reserved_numbers),
        users=integration.users,
        people=_to_selection(integration.people),
        guests=integration.guests,
        names=Names(integration.names),
        leavers=Leavers(keep=integration.leavers == "keep", release_days=integration.release_days),
        link=LinkPolicy(integration.link),
        personal=_to_selection(integration.personal),
        mailboxes=_to_selection(integration.mailboxes),
        subfolders=integration.subfolders,
    )


def extension_range(tenant: TenantView, integration: IntegrationView) -> NumberRange:
    """Return the range that numbers are given from: the integration's, else the tenant's."""
    return chosen_range(tenant, integration.first_extension, integration.last_extension)


def chosen_range(
    tenant: TenantView, first_extension: int | None, last_extension: int | None
) -> NumberRange:
    """Return the range from first to last, if there is a first, else the tenant's own."""
    if first_extension is None:
        return NumberRange(first=tenant.first_extension, last=tenant.last_extension)
    return parse_range(str(first_extension), str(last_extension) if last_extension else None)


def to_application(
    machine: Machine,
    integration: IntegrationView | Registration,
    ring: KeyRing,
    *,
    keys: Sequence[SealedKey] | None = None,
) -> Application:
    """Return the registration to sign in as; raise SetupError for what is not filled in yet.

    `keys` are its usable ones where they were read already.
    """
    if integration.application_id is None:
        raise SetupError(
            "The Application (client) ID is missing: “rollcall m365 set … --application-id”.",
            code="not-set-up",
            help_page=GUIDE,
        )
    if integration.directory_id is None:
        raise SetupError(
            "The Directory (tenant) ID is missing: “rollcall m365 set … --directory-id”.",
            code="not-set-up",
            help_page=GUIDE,
        )
    if keys is None:
        keys = usable_keys(integration.tenant_id)
    if not keys:
        raise SetupError(
            "There is no key pair yet: “rollcall m365 key new … --out public_key.pem”, and upload "
            "the file to the application.",
            code="no-key-pair",
            help_page=GUIDE,
        )
    return Application(
        cloud=find_cloud(integration.cloud, machine.clouds()),
        directory_id=integration.directory_id,
        application_id=integration.application_id,
        signers=tuple(_to_signer(key, integration.tenant_id, ring) for key in keys),
    )


def _to_signer(key: SealedKey, tenant_id: int, ring: KeyRing) -> Signer:
    return Signer(
        key_id=key.id,
        private_key=unseal(ring, key.private_key, place=key_place(tenant_id)),
        certificate=Certificate(
            pem=key.certificate,
            sha1=key.sha1,
            sha256=key.sha256,
            not_before=key.not_before,
            not_after=key.not_after,
        ),
        algorithm=Algorithm(key.algorithm),
    )


def _to_selection(listed: ListView) -> ListedSelection:
    return ListedSelection(
        mode=Mode(listed.mode),
        lines=tuple(
            ListLine(line=line, source_id=SourceId(object_id) if object_id else None)
            for line, object_id in listed.lines
        ),
    )


def check_cloud(machine: Machine, name: str) -> None:
    """Raise SetupError if there is no cloud of that name."""
    find_cloud(name, machine.clouds())
