"""Runs for those who look at pages of them: the history, one run's head, its lists in pages.

What a run may have a great many of (changes, refusals, problems) is never read whole: pages are
cut in SQL, and what is exported comes in chunks.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from django.db import connection
from django.db.models import Exists, F, Func, IntegerField, OuterRef, Q, QuerySet

from rollcall.integrations.models import DirectoryRecord, HeldPlan, RunChange, SyncRun
from rollcall.integrations.runs import UNFINISHED, ChangeView, RefusalView

CHUNK: Final = 2000
MOST_DIGITS: Final = 18
ALL, APPLIED, HELD, FAILED, PREVIEWS = "", "applied", "held", "failed", "previews"
RESULTS: Final = (ALL, APPLIED, HELD, FAILED, PREVIEWS)
"""What a history is narrowed to."""

HEAVY: Final = ("problems", "refused")
"""Columns that may hold a line for every person; a page does not read them."""

_STATES: Final = SyncRun.State
UNDECIDED: Final = frozenset({_STATES.HELD, _STATES.PLANNED})

_PLANNED = """
    planned AS (
        SELECT o ->> 'object_id' COLLATE "C" AS object_id, o ->> 'name' AS name,
            o ->> 'reason' AS reason, o ->> 'detail' AS detail
        FROM integrations_syncrun r, jsonb_array_elements(r.refused -> 'opened') o
        WHERE r.tenant_id = %(tenant)s AND r.id = %(run)s
    ), replaced AS (
        SELECT object_id FROM planned
        UNION ALL
        SELECT c COLLATE "C" FROM integrations_syncrun r,
            jsonb_array_elements_text(r.refused -> 'cleared') c
        WHERE r.tenant_id = %(tenant)s AND r.id = %(run)s
    ), shown AS (
        SELECT object_id, reason, detail, name FROM planned
        UNION ALL
        SELECT f.object_id, f.reason, f.detail, '' FROM integrations_refusal f
        WHERE f.tenant_id = %(tenant)s AND f.integration_id = %(integration)s
            AND f.since_run <= %(run)s AND (f.until_run IS NULL OR f.until_run > %(run)s)
            AND NOT EXISTS (SELECT FROM replaced p WHERE p.object_id = f.object_id)
    )
"""
_ENDED = """
    shown AS (
        SELECT f.object_id, f.reason, f.detail, '' AS name FROM integrations_refusal f
        WHERE f.tenant_id = %(tenant)s AND f.integration_id = %(integration)s
            AND f.since_run <= %(run)s AND (f.until_run IS NULL OR f.until_run > %(run)s)
    )
"""
"""Who was kept out: by a plan that was not carried out, or by one that was."""

_NAME = "coalesce(nullif(s.name, ''), d.display_name, '')"
_RECORD = """
    LEFT JOIN integrations_directoryrecord d ON d.tenant_id = %(tenant)s
        AND d.integration_id = %(integration)s AND d.object_id = s.object_id
"""
_AFTER = "(s.reason, s.object_id) > (%(reason)s, %(object_id)s)"
_ORDER = "ORDER BY s.reason, s.object_id LIMIT %(limit)s OFFSET %(offset)s"

_PROBLEMS = """
    SELECT p ->> 'stage', p ->> 'subject', p ->> 'code', p ->> 'message'
    FROM integrations_syncrun r, jsonb_array_elements(r.problems) WITH ORDINALITY AS e (p, n)
    WHERE r.tenant_id = %(tenant)s AND r.id = %(run)s
    ORDER BY n LIMIT %(limit)s OFFSET %(offset)s
"""


class RunLine(msgspec.Struct, frozen=True, kw_only=True):
    """A run in a line of the history. `waits`: its plan waits for a person's word."""

    id: int
    trigger: str
    asked_by: str
    asked_at: datetime
    state: str
    dry_run: bool
    full: bool
    stages: tuple[str, ...]
    started_at: datetime | None
    finished_at: datetime | None
    counts: Mapping[str, Mapping[str, int]]
    hold: str
    error: Mapping[str, str] | None
    requests: int
    items: int
    throttled_seconds: float
    goes_on: int | None
    waits: bool = False

    @property
    def unfinished(self) -> bool:
        """Whether it is queued or running."""
        return self.state in UNFINISHED

    @property
    def seconds(self) -> float | None:
        """How long it took, if it began and ended."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()

    def total(self, *names: str) -> int:
        """Return what the stages' counts of these names add up to."""
        return sum(counts.get(name, 0) for counts in self.counts.values() for name in names)


class RunHead(RunLine, frozen=True, kw_only=True):
    """A run without its lists. `kept`: its plan waits for a person's word."""

    integration_id: int
    progress: Mapping[str, Mapping[str, int | None]]
    cancel_requested: bool
    problems: int
    kept: bool
    successor: int | None


class ProblemView(msgspec.Struct, frozen=True):
    """What went wrong and did not stop the run. `name` is whom the subject means, if anybody."""

    stage: str
    subject: str
    code: str
    message: str
    name: str


class PageOf(msgspec.Struct, frozen=True):
    """Which part of a list is wanted."""

    offset: int
    limit: int


def list_run_lines(tenant_id: int, page: PageOf, *, result: str = ALL) -> list[RunLine]:
    """Return a page of a tenant's runs, the newest first."""
    plans = HeldPlan.objects.of(tenant_id).filter(run_id=OuterRef("id")).values("run_id")
    rows = _narrowed(SyncRun.objects.of(tenant_id), result).order_by("-id").defer(*HEAVY)
    shown = rows.annotate(has_plan=Exists(plans))[page.offset : page.offset + page.limit]
    return [RunLine(**_line(row), waits=row.has_plan and row.state in UNDECIDED) for row in shown]


def _narrowed(rows: QuerySet[SyncRun], result: str) -> QuerySet[SyncRun]:
    match result:
        case "previews":
            return rows.filter(dry_run=True)
        case "applied" | "held":
            return rows.filter(dry_run=False, state=result)
        case "failed":
            return rows.filter(dry_run=False, state__in=(_STATES.FAILED, _STATES.CANCELLED))
        case _:
            return rows


def find_run(tenant_id: int, run_id: int) -> RunHead | None:
    """Return one run of a tenant, if it is that tenant's."""
    length = Func(F("problems"), function="jsonb_array_length", output_field=IntegerField())
    rows = SyncRun.objects.of(tenant_id).filter(pk=run_id).defer(*HEAVY)
    row = rows.annotate(problem_count=length).first()
    if row is None:
        return None
    kept = HeldPlan.objects.of(tenant_id).filter(run_id=run_id).values("run_id").exists()
    successors = SyncRun.objects.of(tenant_id).filter(goes_on_id=run_id)
    return RunHead(
        **_line(row),
        integration_id=row.integration_id,
        progress=row.progress,
        cancel_requested=row.cancel_requested,
        problems=row.problem_count,
        kept=kept and row.state in UNDECIDED,
        successor=successors.values_list("pk", flat=True).first(),
    )


def _line(row: SyncRun) -> dict[str, Any]:
    return {
        "id": row.pk,
        "trigger": row.trigger,
        "asked_by": row.asked_by,
        "asked_at": row.asked_at,
        "state": row.state,
        "dry_run": row.dry_run,
        "full": row.full,
        "stages": tuple(row.stages),
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        "counts": row.counts,
        "hold": row.hold,
        "error": row.error,
        "requests": row.requests,
        "items": row.items,
        "throttled_seconds": row.throttled_seconds,
        "goes_on": row.goes_on_id,
    }


def usual_seconds(tenant_id: int, stages: tuple[str, ...]) -> float | None:
    """Return how long the newest run of the same stages took that was carried out whole."""
    rows = SyncRun.objects.of(tenant_id).filter(
        state__in=(_STATES.APPLIED, _STATES.PLANNED), stages=list(stages), goes_on__isnull=True
    )
    row = rows.order_by("-id").only("started_at", "finished_at").first()
    if row is None or row.started_at is None or row.finished_at is None:
        return None
    return (row.finished_at - row.started_at).total_seconds()


def has_ever_applied(tenant_id: int) -> bool:
    """Tell whether anything of the directory was ever brought in."""
    rows = SyncRun.objects.of(tenant_id).filter(dry_run=False)
    return rows.filter(state__in=(_STATES.APPLIED, _STATES.HELD, _STATES.SUPERSEDED)).exists()


def list_changes(
    tenant_id: int, run_id: int, page: PageOf, *, action: str = "", search: str = ""
) -> list[ChangeView]:
    """Return a page of a run's changes, in the order in which they were planned."""
    rows = RunChange.objects.of(tenant_id).filter(run_id=run_id)
    if action:
        rows = rows.filter(action=action)
    if search:
        wanted = Q(name__icontains=search)
        if search.isascii() and search.isdecimal():
            wanted |= Q(number=int(search[:MOST_DIGITS]))
        rows = rows.filter(wanted)
    start = page.offset
    if not (action or search):
        rows, start = rows.filter(position__gt=start), 0  # they are counted from one
    rows = rows.order_by("position")[start : start + page.limit]
    return [_change(values) for _, *values in rows.values_list(*_COLUMNS)]


def every_change(tenant_id: int, run_id: int) -> Iterator[ChangeView]:
    """Yield all changes of a run, chunk by chunk, without a transaction over it all."""
    last = 0
    while True:
        rows = RunChange.objects.of(tenant_id).filter(run_id=run_id, position__gt=last)
        chunk = list(rows.order_by("position").values_list(*_COLUMNS)[:CHUNK])
        for _, *values in chunk:
            yield _change(values)
        last = chunk[-1][0] if chunk else last
        if len(chunk) < CHUNK:
            return


_COLUMNS: Final = ("position", "action", "object_id", "name", "number", "fields", "reason")


def _change(values: list[Any]) -> ChangeView:
    action, object_id, name, number, fields, reason = values
    return ChangeView(
        action=action,
        directory_object_id=object_id,
        name=name,
        number=str(number) if number is not None else None,
        fields={field: (old, new) for field, (old, new) in fields.items()},
        reason=reason,
    )


def list_refusals(
    tenant_id: int, run: RunHead, page: PageOf, *, search: str = ""
) -> list[RefusalView]:
    """Return a page of those who were kept out when the run ended, or would be by its plan."""
    return _refusals(tenant_id, run, page, search=search)


def every_refusal(tenant_id: int, run: RunHead) -> Iterator[RefusalView]:
    """Yield all who were kept out, chunk by chunk."""
    last = ("", "")
    while True:
        chunk = _refusals(tenant_id, run, PageOf(0, CHUNK), after=last)
        yield from chunk
        if len(chunk) < CHUNK:
            return
        last = (chunk[-1].reason, chunk[-1].directory_object_id)


def _refusals(
    tenant_id: int,
    run: RunHead,
    page: PageOf,
    *,
    search: str = "",
    after: tuple[str, str] = ("", ""),
) -> list[RefusalView]:
    """Cut a page out first and name those on it then; only a search looks at every name."""
    shown = _ENDED if run.state == _STATES.APPLIED else _PLANNED
    if search:
        cut = f"SELECT s.* FROM shown s {_RECORD} WHERE {_NAME} ILIKE %(search)s {_ORDER}"  # noqa: S608 - of literals
    else:
        cut = f"SELECT s.* FROM shown s WHERE {_AFTER} {_ORDER}"  # noqa: S608 - of literals
    statement = (
        f"WITH {shown}, cut AS ({cut}) SELECT s.object_id, {_NAME}, s.reason, s.detail "  # noqa: S608 - of literals
        f"FROM cut s {_RECORD} ORDER BY s.reason, s.object_id"
    )
    given: dict[str, str | int] = {
        "tenant": tenant_id,
        "run": run.id,
        "integration": run.integration_id,
        "reason": after[0],
        "object_id": after[1],
        "search": f"%{_literal(search)}%",
        "limit": page.limit,
        "offset": page.offset,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return [
            RefusalView(object_id, name or None, why, detail)
            for object_id, name, why, detail in cursor.fetchall()
        ]


def _literal(search: str) -> str:
    return search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def list_problems(tenant_id: int, run_id: int, page: PageOf) -> list[ProblemView]:
    """Return a page of what went wrong without stopping the run."""
    given = {"tenant": tenant_id, "run": run_id, "limit": page.limit, "offset": page.offset}
    with connection.cursor() as cursor:
        cursor.execute(_PROBLEMS, given)
        rows = cursor.fetchall()
    subjects = {subject for _, subject, _, _ in rows if subject}
    records = DirectoryRecord.objects.of(tenant_id).filter(object_id__in=subjects)
    names = dict(records.values_list("object_id", "display_name"))
    return [
        ProblemView(stage, subject, code, message, names.get(subject, ""))
        for stage, subject, code, message in rows
    ]
