"""Explain a person: read, in scope, match, number, action."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from rollcall.core.errors import SetupError
from rollcall.integrations.people import suggest_people
from rollcall.integrations.queries import IntegrationView, find_integration
from rollcall.portal.sentences import in_words
from rollcall.portal.views.integration.header import header_of
from rollcall.portal.views.integration.words import STEPS
from rollcall.web.audience import for_administrator
from rollcall.web.identity import PageRequest
from rollcall.wiring.explain import Explanation, explain_person

LONGEST = 320


@for_administrator("GET")
def show(request: PageRequest) -> HttpResponse:
    """Show the five steps of one person, or whom a name may mean."""
    text = request.GET.get("person", "").strip()[:LONGEST].replace("\x00", "")
    integration = find_integration(request.tenant.id)
    if request.headers.get("HX-Request") and request.GET.get("part") == "suggestions":
        values = {"tenant": request.tenant, "suggestions": _suggest(integration, text)}
        return render(request, "portal/integration/parts/suggestions.html", values)
    values = header_of(request, tab="integration-runs") | {
        "person": text,
        "known": integration is not None,
    }
    if text and integration is not None:
        values |= _explained(request, integration, text)
    return render(request, "portal/integration/explain.html", values)


def _suggest(integration: IntegrationView | None, text: str) -> list[Any]:
    return list(suggest_people(integration, text)) if integration is not None else []


def _explained(request: PageRequest, integration: IntegrationView, text: str) -> dict[str, Any]:
    try:
        explanation = explain_person(request.tenant, integration, text)
    except SetupError as error:
        return {"problem": _problem(error, text), "suggestions": _suggest(integration, text)}
    return {"found": explanation, "steps": _steps(explanation)}


def _problem(error: SetupError, text: str) -> str:
    if error.code == "ambiguous-person":
        return _("“%(text)s” means more than one person. Choose one:") % {"text": text}
    return _(
        "Nobody of the directory is called “%(text)s”: not by name, user principal name, mail "
        "address or object ID. Was there a sync yet?"
    ) % {"text": text}


def _steps(explanation: Explanation) -> list[dict[str, Any]]:
    steps = explanation.steps
    answers = (steps.read, steps.in_scope, steps.match, steps.number, steps.action)
    return [
        {"title": title, "answer": in_words(answer)}
        for title, answer in zip(STEPS.values(), answers, strict=True)
    ]
