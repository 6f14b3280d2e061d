"""Numbers for people who come in later: a dry look at a list first, then all of it or nothing."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rollcall.core.errors import SetupError
from rollcall.integrations.import_operations import (
    ImportLine,
    ImportRefusedError,
    forget_number,
    import_numbers,
    list_kept,
)
from rollcall.integrations.queries import find_integration
from rollcall.portal.forms.extensions import ImportForm
from rollcall.web.audience import for_administrator
from rollcall.web.identity import PageRequest

SHOWN = 200


@for_administrator("GET", "POST")
def numbers(request: PageRequest) -> HttpResponse:
    """Take a list; show what it would do; do it when that was seen."""
    if request.method == "POST" and "forget" in request.POST:
        return _forget(request)
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    integration = find_integration(request.tenant.id)
    looked: Sequence[ImportLine] = ()
    if request.method == "POST" and integration is not None and form.is_valid():
        try:
            if "apply" in request.POST:
                return _apply(request, integration.id, form)
            looked = _look(request, integration.id, form)
        except ImportRefusedError as error:
            form.show_problems(error.problems)
    values = {"form": form, "connected": integration is not None, **_looked(form, looked)}
    if not looked:
        kept = list_kept(request.tenant.id)
        values |= {"kept": kept[:SHOWN], "kept_count": len(kept)}
    return render(request, "portal/pbx/import.html", values)


def _apply(request: PageRequest, integration_id: int, form: ImportForm) -> HttpResponse:
    lines = import_numbers(
        request.tenant.id, integration_id, lines=form.read(), actor=request.identity.actor
    )
    sentence = ngettext("%(n)s number is kept.", "%(n)s numbers are kept.", len(lines))
    messages.success(request, sentence % {"n": len(lines)})
    return redirect("extensions-import", tenant=request.tenant.slug)


def _look(request: PageRequest, integration_id: int, form: ImportForm) -> list[ImportLine]:
    """Return what an import would do: it is done, and taken back."""
    with transaction.atomic():
        lines = import_numbers(
            request.tenant.id, integration_id, lines=form.read(), actor=request.identity.actor
        )
        transaction.set_rollback(True)
    return lines


def _looked(form: ImportForm, lines: Sequence[ImportLine]) -> dict[str, Any]:
    if not lines:
        return {}
    return {
        "lines": lines[:SHOWN],
        "count": len(lines),
        "known": sum(line.source_id is not None for line in lines),
        "text": form.cleaned_data["lines"],
    }


def _forget(request: PageRequest) -> HttpResponse:
    try:
        line = forget_number(
            request.tenant.id, request.POST["forget"], actor=request.identity.actor
        )
    except SetupError as error:
        messages.error(request, str(error))
    else:
        sentence = _("%(number)s is free: it is kept for “%(who)s” no longer.")
        messages.success(request, sentence % {"number": line.number, "who": line.person})
    return redirect("extensions-import", tenant=request.tenant.slug)
