"""Runs: asked for, followed, decided on; what they did is read in pages."""

from typing import Annotated, Final

from ninja import Path, Router
from pydantic import Field

from rollcall.access.scopes import Scope
from rollcall.api.door import ApiRequest, offer, tenant_of
from rollcall.api.paging import After, as_number, counted_page
from rollcall.api.shapes import USUAL, Id, Input, Limit, Page, page_of, shape_of
from rollcall.core.errors import SetupError
from rollcall.core.policy import Stage
from rollcall.core.report import Problem
from rollcall.integrations import run_operations
from rollcall.integrations.queries import get_integration
from rollcall.integrations.run_operations import RunRequest, request_run
from rollcall.integrations.run_pages import (
    PageOf,
    RunHead,
    RunLine,
    find_run,
    list_changes,
    list_problems,
    list_refusals,
    list_run_lines,
)
from rollcall.integrations.runs import ChangeView, RefusalView, RunView
from rollcall.tenants.queries import get_tenant_by_id
from rollcall.web.scope import tenant_scope
from rollcall.wiring.approval import approve_run
from rollcall.wiring.machine import utc_now

router = Router(tags=["Runs"])
SHAPE = shape_of(RunView)
RunId = Path[Id]

FIRST: Final = 100
"""So many changes, refusals and problems are shown with a run; the rest is in pages."""


class NewRun(Input):
    """A run: of all stages that are switched on, unless some are named."""

    dry_run: bool = False
    full: bool = False
    stages: Annotated[tuple[Stage, ...], Field(max_length=len(Stage))] = ()


@offer(router, "GET", "/runs", scope=Scope.READ, answers=page_of(RunView))
def list_runs(request: ApiRequest, after: After = "", limit: Limit = USUAL) -> Page:
    """List the runs, the newest first.

    Their problems, refusals and changes are left out: get the run.
    """
    tenant = get_tenant_by_id(tenant_of(request))
    offset = as_number(after)
    lines = list_run_lines(tenant.id, PageOf(offset, limit + 1))
    return counted_page([_to_run(tenant.slug, each) for each in lines], offset=offset, limit=limit)


@offer(router, "POST", "/runs", scope=Scope.RUNS_WRITE, answers=SHAPE, status=202, live=True)
def start_run(request: ApiRequest, body: NewRun) -> RunView:
    """Ask for a run.

    There is one at a time: while one is queued or running, that one is the answer. The service
    carries it out; ask for it until its state is neither.
    """
    tenant = get_tenant_by_id(tenant_of(request))
    wanted = RunRequest(
        trigger="manual",
        asked_by=request.auth.actor,
        stages=tuple(dict.fromkeys(body.stages)),
        dry_run=body.dry_run,
        full=body.full,
    )
    summary, _ = request_run(get_integration(tenant.id), wanted)
    return _get(tenant.id, summary.id)


@offer(router, "GET", "/runs/{int:run_id}", scope=Scope.READ, answers=SHAPE)
def get_run(request: ApiRequest, run_id: RunId) -> RunView:
    """Get a run.

    With it come the first 100 of its changes, refusals and problems; lists of their own have all.
    """
    return _whole(tenant_of(request), run_id)


@offer(router, "GET", "/runs/{int:run_id}/changes", scope=Scope.READ, answers=page_of(ChangeView))
def list_run_changes(
    request: ApiRequest, run_id: RunId, after: After = "", limit: Limit = USUAL
) -> Page:
    """List what a run did to people, or would do. Contacts and photos are counts only."""
    head, offset = _head(tenant_of(request), run_id), as_number(after)
    rows = list_changes(tenant_of(request), head.id, PageOf(offset, limit + 1))
    return counted_page(rows, offset=offset, limit=limit)


@offer(router, "GET", "/runs/{int:run_id}/refusals", scope=Scope.READ, answers=page_of(RefusalView))
def list_run_refusals(
    request: ApiRequest, run_id: RunId, after: After = "", limit: Limit = USUAL
) -> Page:
    """List who stays out after a run, and why."""
    head, offset = _head(tenant_of(request), run_id), as_number(after)
    rows = list_refusals(tenant_of(request), head, PageOf(offset, limit + 1))
    return counted_page(rows, offset=offset, limit=limit)


@offer(router, "GET", "/runs/{int:run_id}/problems", scope=Scope.READ, answers=page_of(Problem))
def list_run_problems(
    request: ApiRequest, run_id: RunId, after: After = "", limit: Limit = USUAL
) -> Page:
    """List what went wrong in a run and did not stop it."""
    head, offset = _head(tenant_of(request), run_id), as_number(after)
    rows = _problems(tenant_of(request), head, PageOf(offset, limit + 1))
    return counted_page(rows, offset=offset, limit=limit)


@offer(
    router,
    "POST",
    "/runs/{int:run_id}/cancel",
    scope=Scope.RUNS_WRITE,
    answers=SHAPE,
    live=True,
)
def cancel_run(request: ApiRequest, run_id: RunId) -> RunView:
    """Ask a run to end. What it committed stays; the next run goes on from there."""
    head = _own(request, run_id)
    run_operations.cancel_run(head.id, actor=request.auth.actor, now=utc_now())
    return _get(tenant_of(request), head.id)


@offer(
    router,
    "POST",
    "/runs/{int:run_id}/approve",
    scope=Scope.RUNS_WRITE,
    answers=SHAPE,
    live=True,
)
def approve(request: ApiRequest, run_id: RunId) -> RunView:
    """Apply exactly what a held run holds, if nothing that it touches has changed since."""
    head = _own(request, run_id)
    view = approve_run(request.machine, head.id, actor=request.auth.actor)
    if view.state != "applied":
        raise SetupError(
            f"Run {run_id} is out of date: the PBX or the settings have changed since. Nothing was "
            "changed; ask for another run and decide on what it shows.",
            code="superseded",
        )
    return _get(tenant_of(request), head.id)


@offer(
    router,
    "POST",
    "/runs/{int:run_id}/discard",
    scope=Scope.RUNS_WRITE,
    answers=SHAPE,
    live=True,
)
def discard_run(request: ApiRequest, run_id: RunId) -> RunView:
    """Close what a held run holds: nothing of it is done, no cursor moves."""
    head = _own(request, run_id)
    run_operations.discard_run(head.id, actor=request.auth.actor)
    return _get(tenant_of(request), head.id)


def _own(request: ApiRequest, run_id: int) -> RunHead:
    """Return a run if the token's tenant can see it: operations go by its id alone."""
    with tenant_scope(tenant_of(request)):
        return _head(tenant_of(request), run_id)


def _head(tenant_id: int, run_id: int) -> RunHead:
    head = find_run(tenant_id, run_id)
    if head is None:
        raise SetupError(f"There is no run {run_id}.", code="unknown-run")
    return head


def _get(tenant_id: int, run_id: int) -> RunView:
    with tenant_scope(tenant_id):
        return _whole(tenant_id, run_id)


def _whole(tenant_id: int, run_id: int) -> RunView:
    head, page = _head(tenant_id, run_id), PageOf(0, FIRST)
    return _to_run(
        get_tenant_by_id(tenant_id).slug,
        head,
        problems=tuple(_problems(tenant_id, head, page)),
        refusals=tuple(list_refusals(tenant_id, head, page)),
        changes=tuple(list_changes(tenant_id, head.id, page)),
    )


def _problems(tenant_id: int, head: RunHead, page: PageOf) -> list[dict[str, str]]:
    return [
        {"stage": each.stage, "subject": each.subject, "code": each.code, "message": each.message}
        for each in list_problems(tenant_id, head.id, page)
    ]


def _to_run(
    slug: str,
    line: RunLine,
    *,
    problems: tuple[dict[str, str], ...] = (),
    refusals: tuple[RefusalView, ...] = (),
    changes: tuple[ChangeView, ...] = (),
) -> RunView:
    return RunView(
        id=line.id,
        tenant=slug,
        trigger=line.trigger,
        asked_by=line.asked_by,
        state=line.state,
        dry_run=line.dry_run,
        stages=line.stages,
        started_at=line.started_at,
        finished_at=line.finished_at,
        counts={stage: line.counts[stage] for stage in Stage if stage in line.counts},
        hold=line.hold or None,
        problems=problems,
        refusals=refusals,
        changes=changes,
        requests=line.requests,
        items=line.items,
        throttled_seconds=line.throttled_seconds,
        goes_on=line.goes_on,
        error=line.error,
    )
