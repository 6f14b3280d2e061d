"""A run while it lasts: the part of its page that renews itself, less often the longer it takes."""

from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from rollcall.integrations.run_pages import RunHead, usual_seconds
from rollcall.portal.views.integration.words import STAGES, duration
from rollcall.web.identity import PageRequest
from rollcall.web.scope import tenant_scope
from rollcall.wiring.machine import utc_now

SOON: Final = 2
LATE: Final = 10
SECONDS_PER_STEP: Final = 15
"""The page asks again after 2 s at first, and after one more second for each so many waited."""


def show_progress(request: PageRequest, run: RunHead, *, served: bool) -> HttpResponse:
    """Answer with the part that renews itself; once there is a report, have the page show it."""
    address = _address(request, run.id)
    if run.successor is not None:
        address = _address(request, run.successor)
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    if not run.unfinished:
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    with tenant_scope(request.tenant.id):
        values = {"run": run} | watch_values(request, run, served=served)
        return render(request, "portal/integration/parts/progress.html", values)


def watch_values(request: PageRequest, run: RunHead, *, served: bool) -> dict[str, Any]:
    """Return what the part shows."""
    waited = (utc_now() - (run.started_at or run.asked_at)).total_seconds()
    usual = usual_seconds(request.tenant.id, run.stages)
    return {
        "address": _address(request, run.id),
        "tenant": request.tenant,
        "delay": int(min(LATE, SOON + max(0.0, waited) // SECONDS_PER_STEP)),
        "waited": duration(max(0.0, waited)),
        "usual": duration(usual) if usual is not None else "",
        "steps": [_step(run, stage) for stage in STAGES if stage in run.stages],
        "unserved": not served,
    }


def _address(request: PageRequest, run_id: int) -> str:
    return reverse("integration-run", kwargs={"tenant": request.tenant.slug, "run_id": run_id})


def _step(run: RunHead, stage: str) -> dict[str, Any]:
    progress = run.progress.get(stage)
    done = (progress or {}).get("done") or 0
    total = (progress or {}).get("total")
    order = [each for each in STAGES if each in run.stages]
    later = any(each in run.progress for each in order[order.index(stage) + 1 :])
    return {
        "title": STAGES[stage],
        "began": progress is not None,
        "over": progress is not None and (done == total if total else later),
        "done": done,
        "total": total,
    }
