"""One run: how far it is, or what it did, held or showed; and the same as a file."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from rollcall.fleet.queries import living_processes
from rollcall.integrations.run_pages import (
    PageOf,
    ProblemView,
    RunHead,
    every_change,
    every_refusal,
    find_run,
    list_changes,
    list_problems,
    list_refusals,
)
from rollcall.integrations.runs import ChangeView, RefusalView
from rollcall.portal.paging import make_page, page_number
from rollcall.portal.sentences import in_words
from rollcall.portal.spreadsheet import csv_lines
from rollcall.portal.views.integration.header import header_of
from rollcall.portal.views.integration.progress import show_progress, watch_values
from rollcall.portal.views.integration.words import (
    ACTIONS,
    FIELDS,
    HAPPENS,
    KINDS,
    REASONS,
    REFUSALS,
    STAGES,
    WAYS_IN,
    changes_in_words,
    duration,
    headline,
    losses,
    state_of,
    who_asked,
)
from rollcall.telephony.photos import faces_of
from rollcall.web.audience import for_administrator
from rollcall.web.identity import PageRequest
from rollcall.web.scope import tenant_scope

ROWS: Final = 50
REFUSED, PROBLEMS = "refused", "problems"
SHOWS: Final = ("", *ACTIONS, REFUSED, PROBLEMS)
SEARCH_LENGTH: Final = 100
DETAILED: Final = frozenset({"range-full", "link-pending"})
WHERE: Final = {
    "guest": "users",
    "not-selected": "users",
    "no-name": "users",
    "range-full": "users",
    "link-pending": "proposals",
}
"""On which page somebody who is kept out can be let in."""


@for_administrator("GET", live=True)
def show(request: PageRequest, run_id: int) -> HttpResponse:
    """Show a run: its progress while it lasts, then its report or its plan."""
    tenant_id = request.tenant.id
    with tenant_scope(tenant_id):
        run = get_run_or_404(tenant_id, run_id)
    if request.GET.get("part") == "progress":
        return show_progress(request, run, served=_has_worker())
    served = _has_worker() if run.unfinished else True
    with tenant_scope(tenant_id):
        values = header_of(request, tab="integration-runs") | _head(run)
        if run.unfinished:
            values |= watch_values(request, run, served=served)
        else:
            values |= _report(request, run)
        return render(request, "portal/integration/run.html", values)


def _has_worker() -> bool:
    """Tell whether anybody would carry a run out; asked outside a scope, which sees no machine."""
    return bool(living_processes("worker"))


def get_run_or_404(tenant_id: int, run_id: int) -> RunHead:
    """Return a run of the tenant; another's is as good as none."""
    run = find_run(tenant_id, run_id)
    if run is None:
        raise Http404
    return run


def _head(run: RunHead) -> dict[str, Any]:
    kind, text = state_of(run)
    return {
        "run": run,
        "kind": kind,
        "text": text,
        "who": who_asked(run),
        "took": duration(run.seconds),
        "headline": headline(run),
        "error": in_words(run.error["message"]) if run.error else "",
        "hold": in_words(run.hold),
        "changes": changes_in_words(run),
        "throttled": duration(run.throttled_seconds) if run.throttled_seconds else "",
    }


def _report(request: PageRequest, run: RunHead) -> dict[str, Any]:
    shown = request.GET.get("show", "")
    shown = shown if shown in SHOWS else ""
    search = request.GET.get("search", "").strip()[:SEARCH_LENGTH].replace("\x00", "")
    page = PageOf((page_number(request) - 1) * ROWS, ROWS + 1)
    tenant_id = request.tenant.id
    rows: list[dict[str, Any]]
    match shown:
        case "refused":
            found = list_refusals(tenant_id, run, page, search=search)
            rows = [_refusal(each) for each in found]
        case "problems":
            rows = [_problem(each) for each in list_problems(tenant_id, run.id, page)]
        case _:
            changes = list_changes(tenant_id, run.id, page, action=shown, search=search)
            rows = [_change(each) for each in changes]
    _add_faces(tenant_id, rows)
    decide = run.kept or run.state == "held"
    counts = run.counts.get("users", {})
    return {
        "page": make_page(request, rows, size=ROWS),
        "show": shown,
        "search": search,
        "chips": _chips(run, shown),
        "unchanged": counts.get("unchanged", 0),
        "losses": losses(run) if decide else "",
        "stages": list(_stages(run)),
        "guarded": bool(run.hold) and run.state == "planned",
        "decide": decide,
    }


def _add_faces(tenant_id: int, rows: list[dict[str, Any]]) -> None:
    faces = faces_of(tenant_id, {row["object_id"] for row in rows} - {""})
    for row in rows:
        row["photo_of"], row["photo"] = faces.get(row["object_id"], (0, ""))


def _chips(run: RunHead, shown: str) -> list[dict[str, Any]]:
    counts = run.counts.get("users", {})
    titles: dict[str, object] = {**ACTIONS, REFUSED: _("Refused")}
    total = sum(counts.get(name, 0) for name in ACTIONS)
    chips: list[tuple[str, object, int]] = [("", _("All changes"), total)]
    chips += [(name, title, counts.get(name, 0)) for name, title in titles.items()]
    chips.append((PROBLEMS, _("Problems"), run.problems))
    return [
        {
            "title": title,
            "count": count,
            "address": f"?show={name}" if name else "?",
            "here": name == shown,
        }
        for name, title, count in chips
        if count or name in {"", shown}
    ]


def _stages(run: RunHead) -> Iterator[dict[str, Any]]:
    """Yield what became of photos and contacts: sums alone, whosever they are."""
    words = {
        "created": _("%(n)s new"),
        "changed": _("%(n)s changed"),
        "released": _("%(n)s removed"),
        "unchanged": _("%(n)s unchanged"),
        "refused": _("%(n)s refused"),
    }
    for stage, title in STAGES.items():
        counts = run.counts.get(stage)
        if stage == "users" or counts is None:
            continue
        parts = [words[name] % {"n": f"{counts[name]:,}"} for name in words if counts.get(name, 0)]
        yield {"title": title, "words": ", ".join(parts) or _("nothing to do")}


def _change(change: ChangeView) -> dict[str, Any]:
    return {
        "object_id": change.directory_object_id,
        "name": change.name,
        "action": ACTIONS[change.action],
        "kind": KINDS.get(change.action, "warning" if change.action != "changed" else "quiet"),
        "happens": HAPPENS[change.action],
        "number": change.number or "",
        "fields": [
            {"title": FIELDS.get(field, field), "old": old, "new": new}
            for field, (old, new) in change.fields.items()
        ],
        "reason": REASONS.get(change.reason, change.reason),
    }


def _refusal(refusal: RefusalView) -> dict[str, Any]:
    return {
        "object_id": refusal.directory_object_id,
        "name": refusal.name or refusal.directory_object_id,
        "why": REFUSALS.get(refusal.reason, refusal.reason),
        "detail": in_words(refusal.detail) if refusal.reason in DETAILED else "",
        "way_in": WAYS_IN.get(refusal.reason, ""),
        "where": WHERE.get(refusal.reason, ""),
    }


def _problem(problem: ProblemView) -> dict[str, Any]:
    return {
        "stage": STAGES.get(problem.stage, problem.stage),
        "subject": problem.name or problem.subject,
        "object_id": problem.subject if problem.name else "",
        "message": in_words(problem.message),
    }


@for_administrator("GET", live=True)
def as_csv(request: PageRequest, run_id: int) -> StreamingHttpResponse:
    """Send a run's changes and refusals as a file, as they are read."""
    tenant_id = request.tenant.id
    run = get_run_or_404(tenant_id, run_id)
    answer = StreamingHttpResponse(
        csv_lines(_lines(tenant_id, run)), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="run-{run.id}-{request.tenant.slug}.csv"'
    return answer


def _lines(tenant_id: int, run: RunHead) -> Iterator[Iterable[str]]:
    """Yield the lines of the file: without a scope, because it outlives the view."""
    yield (
        *(_("What"), _("Name"), _("Number"), _("Object ID"), _("Why")),
        *(_("Field"), _("Old"), _("New")),
    )
    for change in every_change(tenant_id, run.id):
        who = (
            str(ACTIONS[change.action]),
            change.name,
            change.number or "",
            change.directory_object_id,
            str(REASONS.get(change.reason, change.reason)),
        )
        if not change.fields:
            yield (*who, "", "", "")
        for field, (old, new) in change.fields.items():
            yield (*who, str(FIELDS.get(field, field)), old, new)
    for refusal in every_refusal(tenant_id, run):
        name = refusal.name or ""
        yield (_("Refused"), name, "", refusal.directory_object_id, refusal.detail, "", "", "")
