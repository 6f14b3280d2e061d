"""The tab “Runs”: every run in a line, the newest first."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from rollcall.integrations.queries import find_integration
from rollcall.integrations.run_pages import (
    APPLIED,
    FAILED,
    HELD,
    PREVIEWS,
    RESULTS,
    PageOf,
    RunLine,
    has_ever_applied,
    list_run_lines,
)
from rollcall.portal.paging import make_page, page_number
from rollcall.portal.sentences import in_words
from rollcall.portal.views.integration.header import header_of
from rollcall.portal.views.integration.words import (
    STAGES,
    changes_in_words,
    duration,
    state_of,
    who_asked,
)
from rollcall.web.audience import for_administrator
from rollcall.web.identity import PageRequest

ROWS = 50
SIGNS = (
    ("+", ("created", "linked", "returned")),
    ("−", ("blocked", "released")),
    ("~", ("changed",)),
)


@for_administrator("GET")
def show(request: PageRequest) -> HttpResponse:
    """Show the history."""
    tenant_id = request.tenant.id
    result = request.GET.get("result", "")
    result = result if result in RESULTS else ""
    offset = (page_number(request) - 1) * ROWS
    lines = list_run_lines(tenant_id, PageOf(offset, ROWS + 1), result=result)
    integration = find_integration(tenant_id)
    values = {
        "page": make_page(request, [_row(line) for line in lines], size=ROWS),
        "chips": _chips(result),
        "result": result,
        "first": integration is not None and not has_ever_applied(tenant_id),
        "stages": _stages(integration.switched_on if integration else ()),
    }
    return render(request, "portal/integration/runs.html", header_of(request) | values)


def _stages(on: Any) -> list[dict[str, Any]]:
    return [{"name": name, "title": title} for name, title in STAGES.items() if name in set(on)]


def _chips(result: str) -> list[dict[str, Any]]:
    titles = {
        "": _("All"),
        APPLIED: _("Done"),
        HELD: _("Held"),
        FAILED: _("Failed"),
        PREVIEWS: _("Previews"),
    }
    return [
        {"title": title, "address": f"?result={name}" if name else "?", "here": name == result}
        for name, title in titles.items()
    ]


def _row(run: RunLine) -> dict[str, Any]:
    kind, text = state_of(run)
    return {
        "id": run.id,
        "at": run.started_at or run.asked_at,
        "who": who_asked(run),
        "preview": run.dry_run,
        "kind": kind,
        "text": text,
        "words": changes_in_words(run),
        "why": _why(run),
        "waits": run.waits,
        "signs": signs_of(run.counts.get("users", {})),
        "others": _others(run),
        "duration": duration(run.seconds),
        "requests": run.requests,
    }


def _why(run: RunLine) -> str:
    if run.error:
        return in_words(run.error["message"])
    return in_words(run.hold) if run.state == "held" else ""


def signs_of(counts: Any) -> list[str]:
    """Return counts as small signed numbers."""
    sums = ((sign, sum(counts.get(name, 0) for name in names)) for sign, names in SIGNS)
    return [f"{sign}{count:,}" for sign, count in sums if count]


def _others(run: RunLine) -> list[dict[str, Any]]:
    return [
        {"title": STAGES[stage], "signs": signs}
        for stage, counts in run.counts.items()
        if stage != "users" and stage in STAGES and (signs := signs_of(counts))
    ]
