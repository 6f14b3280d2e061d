"""The page of one's own account, its name, and its sessions."""

from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as __
from django.utils.translation import ngettext

from rollcall.accounts.factor_operations import factor_of_account
from rollcall.accounts.operations import change_name
from rollcall.accounts.queries import MICROSOFT, get_account
from rollcall.accounts.sessions import end_session, end_sessions, list_sessions
from rollcall.audit.operations import note
from rollcall.core.errors import SetupError
from rollcall.portal.browsers import browser_name
from rollcall.portal.forms.account import NameForm
from rollcall.web.audience import for_signed_in
from rollcall.web.identity import PageRequest
from rollcall.wiring.machine import utc_now

METHODS: Final = {
    "password": __("Password"),
    "link": __("Link from the server"),
    "microsoft": __("Microsoft"),
}
"""How a session began."""


@for_signed_in("GET")
def show(request: PageRequest) -> HttpResponse:
    """Show one's own account."""
    return _show(request, NameForm(initial={"name": request.identity.name}))


@for_signed_in("POST")
def rename(request: PageRequest) -> HttpResponse:
    """Change one's name."""
    form = NameForm(request.POST)
    if form.is_valid():
        identity = request.identity
        try:
            change_name(identity.account_id, form.cleaned_data["name"], actor=identity.actor)
        except SetupError as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, _("Your name is changed."))
            return redirect("account")
    return _show(request, form)


@for_signed_in("POST")
def end_one(request: PageRequest, session: UUID) -> HttpResponse:
    """End one of one's own sessions."""
    identity = request.identity
    if not end_session(identity.account_id, session):
        raise Http404
    _note(request, ended=1)
    messages.success(request, _("The session is ended."))
    return redirect("account")


@for_signed_in("POST")
def end_others(request: PageRequest) -> HttpResponse:
    """End all of one's own sessions but this one."""
    identity = request.identity
    count = end_sessions(identity.account_id, but=identity.session_id)
    if count:
        _note(request, ended=count)
    said = ngettext("%(n)s session is ended.", "%(n)s sessions are ended.", count)
    messages.success(request, said % {"n": count})
    return redirect("account")


def _note(request: PageRequest, *, ended: int) -> None:
    identity = request.identity
    note(
        actor=identity.actor,
        action="sessions.ended",
        subject=str(identity.account_id),
        tenant_id=identity.tenant_id,
        detail={"count": ended},
    )


def _show(request: PageRequest, form: NameForm) -> HttpResponse:
    sessions = [
        {
            "session": each,
            "browser": browser_name(each.agent),
            "method": METHODS.get(each.method, each.method),
        }
        for each in list_sessions(
            request.identity, now=utc_now(), life=request.machine.session_life()
        )
    ]
    identity = request.identity
    values = {
        "form": form,
        "by_microsoft": get_account(identity.tenant_id, identity.account_id).method == MICROSOFT,
        "sessions": sessions,
        "others": len(sessions) > 1,
        "factor": factor_of_account(identity.account_id),
    }
    return render(request, "portal/account/account.html", values)
