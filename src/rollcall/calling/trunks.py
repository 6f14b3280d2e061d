"""Read a tenant's trunk, its state, and how emergencies are dialled. No password is read."""

from datetime import datetime

import msgspec
from django.utils.translation import gettext as _

from rollcall.calling.models import CallSettings, Trunk, TrunkState
from rollcall.core.dialling import emergency_numbers
from rollcall.core.errors import SetupError
from rollcall.tenants.queries import get_tenant_by_id


class TrunkStateView(msgspec.Struct, frozen=True, kw_only=True):
    """How the switch gets on with the carrier, since when, and when it looked last."""

    state: str
    detail: str
    since: datetime
    seen_at: datetime


class TrunkView(msgspec.Struct, frozen=True, kw_only=True):
    """A trunk; of its password only since when there is one. `main_number` begins with “+”.

    Everything is sent to the `proxy`, if there is one. Without a `port` the DNS says which, or it
    is the usual one.
    """

    enabled: bool
    kind: str
    host: str
    proxy: str
    port: int | None
    transport: str
    username: str
    password_at: datetime | None
    addresses: tuple[str, ...]
    number_format: str
    main_number: str | None
    changed_at: datetime
    state: TrunkStateView | None

    @property
    def needs_password(self) -> bool:
        """Whether it cannot register, because there is no password (any more)."""
        return self.kind == Trunk.Kind.REGISTRATION and self.password_at is None


class EmergencyView(msgspec.Struct, frozen=True):
    """The numbers that call for help, those of the country, and whether the tenant has its own."""

    numbers: tuple[str, ...]
    usual: tuple[str, ...]
    own: bool


def password_place(tenant_id: int) -> str:
    """Return what a trunk's sealed password is bound to."""
    return f"calling_trunk.password_sealed:{tenant_id}"


def find_trunk(tenant_id: int) -> TrunkView | None:
    """Return the tenant's trunk, if it has one."""
    row = Trunk.objects.of(tenant_id).defer("password_sealed").first()
    if row is None:
        return None
    return TrunkView(
        enabled=row.enabled,
        kind=row.kind,
        host=row.host,
        proxy=row.proxy,
        port=row.port,
        transport=row.transport,
        username=row.username,
        password_at=row.password_at,
        addresses=tuple(row.addresses),
        number_format=row.number_format,
        main_number=show_e164(row.main_number),
        changed_at=row.changed_at,
        state=_find_state(tenant_id) if row.enabled else None,
    )


def get_trunk(tenant_id: int) -> TrunkView:
    """Return the tenant's trunk, or raise SetupError."""
    trunk = find_trunk(tenant_id)
    if trunk is None:
        raise SetupError(_("There is no trunk."), code="no-trunk")
    return trunk


def show_e164(number: int | None) -> str | None:
    """Return a number as programs write it."""
    return None if number is None else f"+{number}"


def find_emergency_numbers(tenant_id: int) -> EmergencyView:
    """Return which numbers call for help."""
    row = CallSettings.objects.of(tenant_id).first()
    own = row.emergency_numbers if row else None
    usual = emergency_numbers(get_tenant_by_id(tenant_id).country)
    return EmergencyView(usual if own is None else tuple(own), usual, own=own is not None)


def _find_state(tenant_id: int) -> TrunkStateView | None:
    row = TrunkState.objects.of(tenant_id).first()
    if row is None:
        return None
    return TrunkStateView(state=row.state, detail=row.detail, since=row.since, seen_at=row.seen_at)
