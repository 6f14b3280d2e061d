"""Read an integration: its settings, key pairs, lists."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from rollcall.core.errors import SetupError
from rollcall.core.policy import Stage
from rollcall.credentials.keypair import days_left
from rollcall.integrations.models import (
    DirectoryRecord,
    Integration,
    KeyPair,
    ListEntry,
)
from rollcall.integrations.rules import ADMINISTRATORS
from rollcall.tenants.statements import fetch, load_statements

MICROSOFT = "microsoft365"
SQL = load_statements("rollcall.integrations", "registration.sql")


class KeyPairView(msgspec.Struct, frozen=True):
    """A key pair without its private key. Thumbprints are hex, as Entra shows them."""

    id: int
    state: str
    sha1: str
    sha256: str
    algorithm: str
    not_before: datetime
    not_after: datetime
    created_at: datetime
    activated_at: datetime | None
    retired_at: datetime | None

    def days_left(self, now: datetime) -> int:
        """Return for how many days the certificate is valid yet; negative if it has expired."""
        return days_left(self.not_after, now)


class ListView(msgspec.Struct, frozen=True):
    """A selection: its mode, its lines, and the objects they were bound to."""

    mode: str
    lines: tuple[tuple[str, str | None], ...]


class IntegrationView(msgspec.Struct, frozen=True, kw_only=True):
    """An integration's settings as others see them."""

    id: int
    tenant_id: int
    source: str
    application_id: str | None
    directory_id: str | None
    cloud: str
    certificate_days: int
    sync_time: str
    paused: bool
    users: bool
    people: ListView
    first_extension: int | None
    last_extension: int | None
    guests: bool
    photos: bool
    names: str
    leavers: str
    release_days: int | None
    link: str
    personal_contacts: bool
    personal: ListView
    company_contacts: bool
    mailboxes: ListView
    subfolders: bool
    sign_in: bool
    sign_in_people: ListView
    administrators: ListView
    enforce_sign_in: bool

    def selection(self, subject: str) -> ListView:
        """Return the list of people, personal, mailboxes, sign-in or admins."""
        return {
            "people": self.people,
            "personal": self.personal,
            "mailboxes": self.mailboxes,
            "sign-in": self.sign_in_people,
            ADMINISTRATORS: self.administrators,
        }[subject]

    @property
    def switched_on(self) -> frozenset[Stage]:
        """The stages that are switched on."""
        return switched_on(self)


def switched_on(settings: Integration | IntegrationView) -> frozenset[Stage]:
    """Return the stages that are switched on, of a row or a value."""
    switches = {
        Stage.USERS: settings.users,
        Stage.PHOTOS: settings.photos,
        Stage.PERSONAL_CONTACTS: settings.personal_contacts,
        Stage.COMPANY_CONTACTS: settings.company_contacts,
    }
    return frozenset(stage for stage, on in switches.items() if on)


def find_integration(tenant_id: int) -> IntegrationView | None:
    """Return the tenant's Microsoft 365 integration, if it was set up."""
    integration = Integration.objects.of(tenant_id).filter(source=MICROSOFT).first()
    return to_view(integration) if integration else None


def get_integration(tenant_id: int) -> IntegrationView:
    """Return the tenant's Microsoft 365 integration, or raise SetupError."""
    integration = find_integration(tenant_id)
    if integration is None:
        raise _not_set_up()
    return integration


def _not_set_up() -> SetupError:
    return SetupError(
        "Microsoft 365 is not set up for this tenant yet: begin with “rollcall m365 set”.",
        code="not-set-up",
        help_page="connect-microsoft-365.md",
    )


class Registration(msgspec.Struct, frozen=True):
    """As which application a tenant is known to Microsoft; less than its settings, and quick."""

    tenant_id: int
    application_id: str | None
    directory_id: str | None
    cloud: str


def get_registration(tenant_id: int) -> Registration:
    """Return the registration of a tenant, or raise SetupError."""
    rows = fetch(SQL["registration"], {"tenant": tenant_id})
    if not rows:
        raise _not_set_up()
    return Registration(*rows[0])


def get_registration_with_keys(tenant_id: int) -> "tuple[Registration, list[SealedKey]]":
    """Return the registration of a tenant and its `usable_keys` in one reading, or raise
    SetupError."""
    rows = fetch(SQL["registration_with_keys"], {"tenant": tenant_id})
    if not rows:
        raise _not_set_up()
    keys = [_to_sealed_key(row[4:]) for row in rows if row[4] is not None]
    return Registration(*rows[0][:4]), keys


def find_or_draft(tenant_id: int) -> IntegrationView:
    """Return the tenant's integration, or with the id 0 what a new one begins with."""
    found = find_integration(tenant_id)
    return found or to_view(Integration(tenant_id=tenant_id, source=MICROSOFT))


def check_not_paused(integration: IntegrationView) -> None:
    """Raise SetupError if the integration is paused."""
    if integration.paused:
        raise SetupError(
            "The sync of this tenant is paused: “rollcall sync resume” lets it run again. "
            "A preview (--dry-run) is possible.",
            code="paused",
        )


def to_view(integration: Integration) -> IntegrationView:
    """Return an integration's row, with its lists, as a value."""
    lists: dict[str, list[tuple[str, str | None]]] = {}
    entries = ListEntry.objects.of(integration.tenant_id).filter(integration_id=integration.pk)
    for entry in entries.order_by("subject", "position"):
        lists.setdefault(entry.subject, []).append((entry.line, entry.object_id))

    def to_list(mode: str, subject: str) -> ListView:
        return ListView(mode=mode, lines=tuple(lists.get(subject, ())))

    subjects = ListEntry.Subject
    return IntegrationView(
        id=integration.pk or 0,
        tenant_id=integration.tenant_id,
        source=integration.source,
        application_id=_text(integration.application_id),
        directory_id=_text(integration.directory_id),
        cloud=integration.cloud,
        certificate_days=integration.certificate_days,
        sync_time=integration.sync_time.strftime("%H:%M"),
        paused=integration.paused,
        users=integration.users,
        people=to_list(integration.people_mode, subjects.PEOPLE),
        first_extension=integration.first_extension,
        last_extension=integration.last_extension,
        guests=integration.guests,
        photos=integration.photos,
        names=integration.names,
        leavers=integration.leavers,
        release_days=integration.release_days,
        link=integration.link,
        personal_contacts=integration.personal_contacts,
        personal=to_list(integration.personal_mode, subjects.PERSONAL),
        company_contacts=integration.company_contacts,
        mailboxes=to_list(integration.mailbox_mode, subjects.MAILBOXES),
        subfolders=integration.subfolders,
        sign_in=integration.sign_in,
        sign_in_people=to_list(integration.sign_in_mode, subjects.SIGN_IN),
        administrators=to_list("only", ADMINISTRATORS),
        enforce_sign_in=integration.enforce_sign_in,
    )


def _text(value: object) -> str | None:
    return str(value) if value is not None else None


def list_key_pairs(tenant_id: int) -> list[KeyPairView]:
    """Return the tenant's key pairs, the newest first."""
    return [to_key_pair(row) for row in KeyPair.objects.of(tenant_id).order_by("-id")]


def find_certificate(tenant_id: int, key_id: int) -> str | None:
    """Return the certificate of a key pair as PEM, if the tenant has that key pair."""
    rows = KeyPair.objects.of(tenant_id).filter(pk=key_id)
    return rows.values_list("certificate", flat=True).first()


def to_key_pair(row: KeyPair) -> KeyPairView:
    """Return a key pair's row as a value."""
    return KeyPairView(
        id=row.pk,
        state=row.state,
        sha1=row.sha1,
        sha256=row.sha256,
        algorithm=row.algorithm,
        not_before=row.not_before,
        not_after=row.not_after,
        created_at=row.created_at,
        activated_at=row.activated_at,
        retired_at=row.retired_at,
    )


class SealedKey(msgspec.Struct, frozen=True):
    """A key pair with its private key, sealed. For wiring."""

    id: int
    certificate: str
    private_key: bytes
    sha1: str
    sha256: str
    algorithm: str
    not_before: datetime
    not_after: datetime


def usable_keys(tenant_id: int) -> list[SealedKey]:
    """Return the pending and the active key pair, in the order in which they are tried."""
    return [_to_sealed_key(row) for row in fetch(SQL["usable_keys"], {"tenant": tenant_id})]


def _to_sealed_key(row: Sequence[Any]) -> SealedKey:
    key_id, certificate, private_key, *rest = row
    return SealedKey(key_id, certificate, bytes(private_key), *rest)


def key_place(tenant_id: int) -> str:
    """Return what a sealed private key is bound to."""
    return f"integrations_keypair.private_key:{tenant_id}"


def token_place(tenant_id: int) -> str:
    """Return what a sealed access token is bound to."""
    return f"integrations_integration.token_sealed:{tenant_id}"


def person_names(tenant_id: int, object_ids: Iterable[str]) -> dict[str, str]:
    """Return the display names of directory objects, as they were last read."""
    rows = DirectoryRecord.objects.of(tenant_id).filter(object_id__in=list(object_ids))
    return dict(rows.values_list("object_id", "display_name"))
