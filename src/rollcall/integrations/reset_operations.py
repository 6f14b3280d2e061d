"""Reset an integration: cut a tenant loose from its directory, as if it had never been connected.

All of it is one transaction, so it happens or it does not. It takes the integration's row first,
as every write of a run does, and raises the fence: what a run still has in hand is refused.
"""

from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any, Final

import msgspec
from django.db import OperationalError, connection, transaction
from django.db.models import F, Max
from psycopg.errors import LockNotAvailable

from rollcall.accounts.break_glass import hold_administrators
from rollcall.accounts.reset_operations import (
    DirectoryAccounts,
    count_directory_accounts,
    drop_directory_accounts,
    has_administrator,
)
from rollcall.audit.operations import note
from rollcall.core.errors import SetupError, TransientError
from rollcall.integrations.models import (
    DirectoryDomain,
    DirectoryRecord,
    HeldPlan,
    Integration,
    KeyPair,
    LinkDecision,
    ListEntry,
    NumberAssignment,
    Reading,
    Refusal,
    Schedule,
    SetupCheck,
    SyncRun,
)
from rollcall.integrations.operations import check_way_in
from rollcall.integrations.queries import MICROSOFT
from rollcall.integrations.queue import drop_job, when_committed
from rollcall.integrations.rules import ADMINISTRATORS
from rollcall.integrations.runs import UNFINISHED
from rollcall.integrations.schedules import count_run
from rollcall.integrations.settling import settle_later
from rollcall.phonebook.reset_operations import (
    count_mailbox_contacts,
    forget_places,
    keep_company_contacts,
)
from rollcall.telephony.reset_operations import (
    DirectoryExtensions,
    block_all,
    count_directory_extensions,
    make_local,
)

PATIENCE: Final = "20s"
"""So long a reset waits for a run that is writing."""

STAYS: Final = frozenset({"id", "tenant_id", "source", "fence", "created_at"})
"""Columns that a reset does not set back."""

_KEEP_LINKS: Final = """
    INSERT INTO integrations_directoryrecord (
        tenant_id, integration_id, object_id, fingerprint, record, aliases, display_name,
        principal_key, email_key, removed, unreadable, purpose
    )
    SELECT tenant_id, %(integration)s, directory_object_id, '', '', '{}', display_name,
        '', '', '', '', ''
    FROM telephony_extension
    WHERE tenant_id = %(tenant)s AND source = 'microsoft365'
"""
"""An extension that stays linked needs a record, or its person would come in as somebody new."""


class Fate(StrEnum):
    """What becomes of the extensions."""

    KEEP = "keep"
    BLOCK = "block"


class ResetView(msgspec.Struct, frozen=True, kw_only=True):
    """What a reset would touch. `connected` is false where there is nothing to reset."""

    connected: bool
    extensions: DirectoryExtensions
    personal_contacts: int
    company_contacts: int
    accounts: DirectoryAccounts
    people: int
    key_pairs: int
    list_lines: int
    held_plans: int
    running: bool


def view_reset(tenant_id: int) -> ResetView:
    """Return what a reset would touch. Needs what is closed to the web's role."""
    row = Integration.objects.of(tenant_id).filter(source=MICROSOFT).first()
    contacts = count_mailbox_contacts(tenant_id)
    key_pairs = KeyPair.objects.of(tenant_id).count()
    people = DirectoryRecord.objects.of(tenant_id).filter(integration=row)
    extensions = count_directory_extensions(tenant_id)
    return ResetView(
        connected=row is not None and bool(_ids(row) or key_pairs or extensions.any),
        extensions=extensions,
        personal_contacts=contacts["personal"],
        company_contacts=contacts["company"],
        accounts=count_directory_accounts(tenant_id),
        people=people.count(),
        key_pairs=key_pairs,
        list_lines=ListEntry.objects.of(tenant_id).count(),
        held_plans=SyncRun.objects.of(tenant_id).filter(state=SyncRun.State.HELD).count(),
        running=SyncRun.objects.of(tenant_id).filter(state__in=UNFINISHED).exists(),
    )


def _ids(row: Integration) -> bool:
    return row.application_id is not None or row.directory_id is not None


@transaction.atomic
def reset_integration(tenant_id: int, *, extensions: Fate, actor: str, now: datetime) -> ResetView:
    """Forget the directory; return what that touched.

    With KEEP its extensions go on as hand-made ones; with BLOCK they stay linked and blocked, so
    that all are back once the same directory is connected again. A run that is going on ends.
    Raises SetupError rather than lock every administrator out.
    """
    row = _held_row(tenant_id)
    hold_administrators(tenant_id)
    check_someone_left(tenant_id)
    view = view_reset(tenant_id)
    _end_runs(row, now)
    _close_refusals(row)
    _set_back(row)
    _forget(tenant_id)
    if extensions is Fate.KEEP:
        make_local(tenant_id)
        keep_company_contacts(tenant_id)
    else:
        block_all(tenant_id, now=now)
        forget_places(tenant_id)
        _execute(_KEEP_LINKS, {"tenant": tenant_id, "integration": row.pk})
    drop_directory_accounts(tenant_id, disabled_too=extensions is Fate.KEEP)
    settle_later(tenant_id)
    note(
        actor=actor,
        action="integration.reset",
        tenant_id=tenant_id,
        detail={
            "extensions": extensions.value,
            "working": view.extensions.working,
            "accounts": view.accounts.accounts,
            "sessions": view.accounts.sessions,
        },
    )
    return view


def _held_row(tenant_id: int) -> Integration:
    """Take the integration's row, as a run takes it for each of its writes."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
            rows = Integration.objects.of(tenant_id).select_for_update()
            row = rows.filter(source=MICROSOFT).first()
            cursor.execute("SELECT set_config('lock_timeout', '0', true)")
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        raise TransientError(
            "A run is writing many changes just now. Nothing was reset; try again in a minute.",
            code="running",
        ) from error
    if row is None:
        raise SetupError("Microsoft 365 is not set up for this tenant.", code="not-set-up")
    return row


def check_someone_left(tenant_id: int) -> None:
    """Raise SetupError if those who administer the tenant could all come in no more.

    Where nobody administers it, the provider and the server's shell do, and can go on.
    """
    listed = ListEntry.objects.of(tenant_id).filter(subject=ADMINISTRATORS)
    if has_administrator(tenant_id) or listed.exists():
        check_way_in(tenant_id)


def _end_runs(row: Integration, now: datetime) -> None:
    """End what is queued or going on, and close what waits for a person's word."""
    runs = SyncRun.objects.of(row.tenant_id).filter(integration_id=row.pk)
    for run in runs.filter(state__in=UNFINISHED):
        begun = run.state == SyncRun.State.RUNNING
        run.state, run.finished_at, run.progress = SyncRun.State.CANCELLED, now, {}
        run.save(update_fields=["state", "finished_at", "progress"])
        if begun:
            count_run(run, now=now)
        when_committed(partial(drop_job, run.pk))
    runs.filter(state=SyncRun.State.HELD).update(state=SyncRun.State.DISCARDED)
    HeldPlan.objects.of(row.tenant_id).filter(run__in=runs).delete()


def _close_refusals(row: Integration) -> None:
    """Let the refusals in force end with the newest run: reports up to it show them still."""
    runs = SyncRun.objects.of(row.tenant_id).filter(integration_id=row.pk)
    newest = runs.aggregate(newest=Max("pk"))["newest"] or 0
    refusals = Refusal.objects.of(row.tenant_id).filter(integration_id=row.pk)
    refusals.filter(until_run__isnull=True).update(until_run=newest + 1)


def _set_back(row: Integration) -> None:
    values: dict[str, Any] = {
        field.attname: field.get_default()
        for field in Integration._meta.concrete_fields  # noqa: SLF001 - Django's documented name
        if field.attname not in STAYS
    }
    rows = Integration.objects.of(row.tenant_id).filter(pk=row.pk)
    rows.update(**values, fence=F("fence") + 1)


def _forget(tenant_id: int) -> None:
    for model in (
        KeyPair,
        ListEntry,
        LinkDecision,
        NumberAssignment,
        Reading,
        DirectoryRecord,
        SetupCheck,
        Schedule,
        DirectoryDomain,
    ):
        model.objects.of(tenant_id).delete()


def _execute(statement: str, values: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
