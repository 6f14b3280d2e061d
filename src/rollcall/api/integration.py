"""The tenant's Microsoft 365 integration: its settings, its check, its key pairs."""

from typing import Annotated, Any, Final, Literal

import msgspec
from ninja import Path, Router
from pydantic import Field

from rollcall.access.scopes import Scope
from rollcall.api.door import ApiRequest, offer, tenant_of
from rollcall.api.shapes import Given, Id, Input, Number, Text, list_of, shape_of
from rollcall.core.errors import SetupError
from rollcall.core.findings import Finding, Light
from rollcall.integrations import operations
from rollcall.integrations.operations import Connection, NewList, parse_sync_time
from rollcall.integrations.queries import (
    IntegrationView,
    find_integration,
    get_integration,
    list_key_pairs,
)
from rollcall.integrations.rules import ADMINISTRATORS, leaver_values, range_values
from rollcall.tenants.queries import get_tenant_by_id
from rollcall.web.scope import tenant_scope
from rollcall.wiring.checking import check_setup
from rollcall.wiring.documents import (
    IntegrationJson,
    KeyPairJson,
    to_integration_json,
    to_key_pair_json,
)
from rollcall.wiring.explain import Explanation, explain_person
from rollcall.wiring.lists import bind_now
from rollcall.wiring.machine import utc_now
from rollcall.wiring.settings import check_cloud

router = Router(tags=["Integration"])
SHAPE = shape_of(IntegrationJson)
KEY_PAIR = shape_of(KeyPairJson)

LISTS: Final = {
    "people": "people",
    "personal": "personal",
    "mailboxes": "mailboxes",
    "sign_in_people": "sign-in",
    "administrators": ADMINISTRATORS,
}
"""The key of each list, and its subject."""

SWITCHES: Final = (
    "users",
    "guests",
    "photos",
    "personal_contacts",
    "company_contacts",
    "subfolders",
    "sign_in",
    "enforce_sign_in",
    "names",
    "link",
)
RELEASE: Final = "release:"
LONGEST_LIST: Final = 20_000


class ListChange(Input):
    """A selection: with lines they replace those there are."""

    mode: Literal["all", "only", "except"]
    lines: Annotated[list[Given], Field(max_length=LONGEST_LIST)] | None = None


class IntegrationChange(Input):
    """What is to be changed of the integration; what is left out stays.

    `start` and `end` are extension numbers; null takes the tenant's own range, or all of the
    first one's width. `leavers` is block, keep, or release:DAYS.
    """

    application_id: Text | None = None
    directory_id: Text | None = None
    cloud: Text | None = None
    sync_time: Annotated[str, Field(pattern=r"^[0-2]?[0-9]:[0-5][0-9]$")] | None = None
    certificate_days: Annotated[int, Field(ge=1, le=1100)] | None = None
    users: bool | None = None
    people: ListChange | None = None
    start: Number | None = None
    end: Number | None = None
    guests: bool | None = None
    photos: bool | None = None
    names: Literal["skip", "display-name"] | None = None
    leavers: Annotated[str, Field(pattern=r"^(block|keep|release:[0-9]{1,4})$")] | None = None
    link: Literal["ask", "link", "never"] | None = None
    personal_contacts: bool | None = None
    personal: ListChange | None = None
    company_contacts: bool | None = None
    mailboxes: ListChange | None = None
    subfolders: bool | None = None
    sign_in: bool | None = None
    sign_in_people: ListChange | None = None
    administrators: ListChange | None = None
    enforce_sign_in: bool | None = None


class KeyPairRequest(Input):
    """For how many days the certificate is to be valid; by default, as the integration says."""

    days: Annotated[int, Field(ge=1, le=1100)] | None = None


class NewKeyPair(msgspec.Struct, frozen=True):
    """A new key pair, and the certificate to upload to Entra as a file public_key.pem."""

    key_pair: KeyPairJson
    certificate: str


class CheckJson(msgspec.Struct, frozen=True):
    """A check of the set-up, step by step."""

    tenant: str
    ok: bool
    steps: tuple[Finding, ...]


class PausedJson(msgspec.Struct, frozen=True):
    """Whether the tenant's runs are held back."""

    tenant: str
    paused: bool


@offer(router, "GET", "/integration", scope=Scope.READ, answers=SHAPE)
def get_settings(request: ApiRequest) -> IntegrationJson:
    """Get the integration: settings, key pairs, last and next run."""
    tenant = get_tenant_by_id(tenant_of(request))
    return to_integration_json(request.machine, tenant, get_integration(tenant.id))


@offer(router, "PATCH", "/integration", scope=Scope.INTEGRATION_WRITE, answers=SHAPE, live=True)
def change_settings(request: ApiRequest, body: IntegrationChange) -> IntegrationJson:
    """Set up the integration, or change it.

    Lines of lists are looked up at once where the directory is connected; those that mean nobody
    have no `directory_object_id`, and are a warning of every run.
    """
    tenant_id = tenant_of(request)
    if body.cloud is not None:
        check_cloud(request.machine, body.cloud)
    current = find_integration(tenant_id)
    integration = operations.change_integration(
        tenant_id,
        actor=request.auth.actor,
        connection=Connection(body.application_id, body.directory_id, body.cloud),
        values=_values(current, body),
        lists=_lists(body),
    )
    for key, subject in LISTS.items():
        change = getattr(body, key)
        if change is not None and change.lines is not None:
            bind_now(request.machine, integration, subject)
    with tenant_scope(tenant_id):
        return get_settings(request)


def _values(current: IntegrationView | None, body: IntegrationChange) -> dict[str, Any]:
    given = body.given()
    values = {name: given[name] for name in SWITCHES if given.get(name) is not None}
    if body.certificate_days is not None:
        values["certificate_days"] = body.certificate_days
    if body.sync_time is not None:
        values["sync_time"] = parse_sync_time(body.sync_time)
    if body.leavers is not None:
        policy, _, days = body.leavers.partition(":")
        values |= leaver_values(policy, int(days) if days else None)
    if given.keys() & {"start", "end"}:
        first, last = (
            given.get(key, _now(current, column))
            for key, column in (("start", "first_extension"), ("end", "last_extension"))
        )
        values |= range_values(first or "", last or "" if first else "")
    return values


def _now(current: IntegrationView | None, column: str) -> str:
    value = getattr(current, column) if current else None
    return str(value) if value is not None else ""


def _lists(body: IntegrationChange) -> dict[str, NewList]:
    lists = {}
    for key, subject in LISTS.items():
        change: ListChange | None = getattr(body, key)
        if change is not None:
            lines = None if change.lines is None else tuple(change.lines)
            lists[subject] = NewList(mode=change.mode, lines=lines)
    return lists


@offer(
    router,
    "POST",
    "/integration/pause",
    scope=Scope.INTEGRATION_WRITE,
    answers=shape_of(PausedJson),
)
def pause(request: ApiRequest) -> PausedJson:
    """Let no sync of the tenant run until it is resumed."""
    return _set_paused(request, paused=True)


@offer(
    router,
    "POST",
    "/integration/resume",
    scope=Scope.INTEGRATION_WRITE,
    answers=shape_of(PausedJson),
)
def resume(request: ApiRequest) -> PausedJson:
    """Let the tenant's syncs run again."""
    return _set_paused(request, paused=False)


def _set_paused(request: ApiRequest, *, paused: bool) -> PausedJson:
    tenant = get_tenant_by_id(tenant_of(request))
    get_integration(tenant.id)
    operation = operations.pause if paused else operations.resume
    operation(tenant.id, actor=request.auth.actor)
    return PausedJson(tenant.slug, paused)


@offer(
    router,
    "POST",
    "/integration/check",
    scope=Scope.INTEGRATION_WRITE,
    answers=shape_of(CheckJson),
    live=True,
)
def check(request: ApiRequest) -> CheckJson:
    """Try every step that a sync takes, one by one, and say what to do where one fails."""
    tenant = get_tenant_by_id(tenant_of(request))
    integration = get_integration(tenant.id)
    findings = check_setup(request.machine, integration, lambda _: None)
    passed = all(finding.light is not Light.RED for finding in findings)
    return CheckJson(tenant.slug, passed, tuple(findings))


@offer(router, "GET", "/key-pairs", scope=Scope.READ, answers=list_of(KeyPairJson))
def list_pairs(request: ApiRequest) -> list[KeyPairJson]:
    """List the key pairs, the newest first."""
    now = utc_now()
    return [to_key_pair_json(key, now) for key in list_key_pairs(tenant_of(request))]


@offer(
    router,
    "POST",
    "/key-pairs",
    scope=Scope.INTEGRATION_WRITE,
    answers=shape_of(NewKeyPair),
    status=201,
)
def new_key_pair(request: ApiRequest, body: KeyPairRequest) -> NewKeyPair:
    """Make a key pair, and get its certificate.

    It is pending until Microsoft accepts it once; the active one stays in use until then. The
    private key never leaves the server.
    """
    tenant = get_tenant_by_id(tenant_of(request))
    now = utc_now()
    view, pem = operations.new_key_pair(
        tenant.id,
        actor=request.auth.actor,
        name=f"Rollcall {tenant.slug}",
        days=body.days,
        ring=request.machine.key_ring(),
        now=now,
    )
    return NewKeyPair(to_key_pair_json(view, now), pem)


@offer(
    router,
    "POST",
    "/key-pairs/{int:key_pair_id}/retire",
    scope=Scope.INTEGRATION_WRITE,
    answers=KEY_PAIR,
)
def retire_key_pair(request: ApiRequest, key_pair_id: Path[Id]) -> KeyPairJson:
    """Retire a key pair: it is not used any more."""
    now, tenant_id, key = utc_now(), tenant_of(request), str(key_pair_id)
    # The operation takes the beginning of a thumbprint, too; here only an id is one.
    if key not in {str(each.id) for each in list_key_pairs(tenant_id)}:
        raise SetupError(f"There is no key pair {key}.", code="unknown-key")
    view = operations.retire_key_pair(tenant_id, actor=request.auth.actor, key=key, now=now)
    return to_key_pair_json(view, now)


@offer(router, "GET", "/explain", scope=Scope.READ, answers=shape_of(Explanation))
def explain(request: ApiRequest, person: Given) -> Explanation:
    """Explain a person: read? in scope? matched? which number? what happens?

    `person` is an object id, a principal name, a mail address or a name.
    """
    tenant = get_tenant_by_id(tenant_of(request))
    return explain_person(tenant, get_integration(tenant.id), person)
