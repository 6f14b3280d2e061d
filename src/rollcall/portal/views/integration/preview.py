"""Ask for a preview or a sync, end it, and decide on what it shows or holds."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from rollcall.core.errors import SetupError, SyncError
from rollcall.core.policy import Stage
from rollcall.core.report import RunState
from rollcall.integrations.queries import get_integration
from rollcall.integrations.run_operations import (
    RunRequest,
    cancel_run,
    discard_run,
    request_run,
)
from rollcall.integrations.run_pages import has_ever_applied
from rollcall.portal.views.integration.report import get_run_or_404
from rollcall.portal.views.integration.words import sentence_of
from rollcall.tenants.queries import check_active
from rollcall.web.audience import for_administrator
from rollcall.web.identity import PageRequest
from rollcall.web.scope import tenant_scope
from rollcall.wiring.approval import Settled, settle_plan
from rollcall.wiring.machine import utc_now


@for_administrator("POST")
def preview(request: PageRequest) -> HttpResponse:
    """Ask for a run that only shows what it would do."""
    return _ask(request, dry_run=True)


@for_administrator("POST")
def sync(request: PageRequest) -> HttpResponse:
    """Ask for a sync; the first one of all begins as a preview."""
    first = not has_ever_applied(request.tenant.id)
    if first and "unseen" not in request.POST:
        messages.info(
            request,
            _("This is the first sync, so you see what it would do before anything is changed."),
        )
    return _ask(request, dry_run=first and "unseen" not in request.POST)


def _ask(request: PageRequest, *, dry_run: bool) -> HttpResponse:
    tenant = request.tenant
    chosen = request.POST.getlist("stages")
    asked = RunRequest(
        trigger="manual",
        asked_by=request.identity.actor,
        stages=tuple(stage for stage in Stage if stage in chosen),
        dry_run=dry_run,
        full="full" in request.POST,
    )
    try:
        check_active(tenant)
        summary, new = request_run(get_integration(tenant.id), asked)
    except SetupError as error:
        messages.error(request, sentence_of(error))
        return redirect("integration-runs", tenant=tenant.slug)
    if not new:
        messages.info(request, _("A run is going on already; there is one at a time. This is it."))
    return _to_run(request, summary.id)


def _to_run(request: PageRequest, run_id: int) -> HttpResponse:
    return redirect("integration-run", tenant=request.tenant.slug, run_id=run_id)


@for_administrator("POST")
def cancel(request: PageRequest, run_id: int) -> HttpResponse:
    """Ask a run to end."""
    get_run_or_404(request.tenant.id, run_id)
    try:
        state = cancel_run(run_id, actor=request.identity.actor, now=utc_now())
    except SetupError as error:
        messages.info(request, sentence_of(error))
    else:
        if state == "running":
            messages.info(request, _("The run is asked to end; it does within a second or two."))
    return _to_run(request, run_id)


@for_administrator("POST")
def discard(request: PageRequest, run_id: int) -> HttpResponse:
    """Close what a run holds or shows; nothing of it is done."""
    get_run_or_404(request.tenant.id, run_id)
    try:
        discard_run(run_id, actor=request.identity.actor)
    except SetupError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, _("Discarded: nothing was changed. The next run plans anew."))
    return _to_run(request, run_id)


@for_administrator("POST", live=True)
def apply(request: PageRequest, run_id: int) -> HttpResponse:
    """Do exactly what a run holds or shows, or say that it is out of date."""
    with tenant_scope(request.tenant.id):
        run = get_run_or_404(request.tenant.id, run_id)
    try:
        settled = settle_plan(request.machine, run_id, actor=request.identity.actor)
    except SyncError as error:
        messages.error(request, sentence_of(error))
        return _to_run(request, run_id)
    if settled.state is not RunState.APPLIED:
        messages.warning(
            request,
            _(
                "This plan is out of date: the PBX or the settings have changed since it was made. "
                "Nothing was changed; ask for a new preview and decide on that."
            ),
        )
    elif run.dry_run:
        _tell_what_follows(request, settled)
    else:
        messages.success(request, _("What was held is applied."))
    return _to_run(request, run_id)


def _tell_what_follows(request: PageRequest, settled: Settled) -> None:
    """After the people of a preview come the photos and contacts that it only counted."""
    messages.success(request, _("Applied: the people are as the preview showed."))
    if settled.follow_up is not None:
        sentence = _("Photos and contacts follow now, in run %(n)s.")
        messages.info(request, sentence % {"n": settled.follow_up.id})
    elif settled.rest:
        messages.info(request, _("Photos and contacts come with the next run."))
