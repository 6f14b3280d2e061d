"""People and mailboxes of the live directory, found while somebody types."""

from typing import Final

from django.http import Http404, HttpResponse
from django.shortcuts import render

from rollcall.integrations.queries import find_or_draft
from rollcall.portal.views.integration.chosen import SUBJECTS
from rollcall.web.audience import for_administrator
from rollcall.web.identity import PageRequest
from rollcall.wiring.directory import Findings, find_candidates, search_people

LEAST: Final = 2
LONGEST: Final = 100
"""Characters that a search has."""


@for_administrator("GET", live=True)
def pick_people(request: PageRequest) -> HttpResponse:
    """Show the people whose name or address begins with what was typed."""
    return _found(request, mailboxes=False)


@for_administrator("GET", live=True)
def pick_mailboxes(request: PageRequest) -> HttpResponse:
    """Show those of them who have an address: any of these may be a shared mailbox."""
    return _found(request, mailboxes=True)


@for_administrator("GET", live=True)
def pick_candidates(request: PageRequest) -> HttpResponse:
    """Show whose mailbox is shared, or may be."""
    integration = find_or_draft(request.tenant.id)
    known = {object_id for _line, object_id in integration.mailboxes.lines}
    findings = find_candidates(request.machine, integration)
    values = {
        "findings": findings,
        "candidates": [each for each in findings.people if each.object_id not in known],
    }
    return render(request, "portal/integration/parts/candidates.html", values)


def _found(request: PageRequest, *, mailboxes: bool) -> HttpResponse:
    subject = request.GET.get("for", "people")
    if subject not in SUBJECTS:
        raise Http404
    text = " ".join(request.GET.get("q", "").split())[:LONGEST]
    findings = Findings(())
    integration = find_or_draft(request.tenant.id)
    if len(text) >= LEAST:
        findings = search_people(request.machine, integration, text, mailboxes=mailboxes)
    values = {
        "subject": subject,
        "text": text,
        "asked": len(text) >= LEAST,
        "findings": findings,
        "mailboxes": mailboxes,
        "known": {object_id for _line, object_id in integration.selection(subject).lines},
    }
    return render(request, "portal/integration/parts/found.html", values)
