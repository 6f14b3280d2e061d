"""The second factor on the way in: asked for, or set up by those of whom it is demanded."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from rollcall.accounts.entry import check_code, complete_entry
from rollcall.accounts.factor_operations import factor_of_account, set_up_factor
from rollcall.core.errors import SetupError
from rollcall.portal.forms.entry import CodeForm
from rollcall.portal.views.device import device_form, device_values, secret_of
from rollcall.portal.views.entry.steps import (
    address_with_next,
    next_of,
    say_wrong,
    show_card,
    unproven,
)
from rollcall.web.audience import for_anyone
from rollcall.web.identity import PageRequest, identity_of, keep_session
from rollcall.web.visitors import remember_browser, visitor_of
from rollcall.wiring.machine import utc_now


@for_anyone("GET", "POST")
def ask(request: PageRequest) -> HttpResponse:
    """Ask for a code, of a device or for recovery."""
    if (elsewhere := _elsewhere(request, factor=True)) is not None:
        return elsewhere
    form = CodeForm(request.POST or None)
    values = {"form": form, "email": request.identity.email}
    if not form.is_valid():
        return show_card(request, "second_factor", values)
    now, visitor = utc_now(), visitor_of(request)
    try:
        right = check_code(
            request.identity,
            form.cleaned_data["code"],
            visitor=visitor,
            ring=request.machine.key_ring(),
            now=now,
        )
        if right:
            token = complete_entry(request.identity, visitor=visitor, now=now)
            response = redirect(next_of(request) or reverse("home"))
            keep_session(response, token)
            remember_browser(response, visitor, request.identity.account_id)
            return response
    except SetupError as error:
        status = say_wrong(form, error, field="code")
        return show_card(request, "second_factor", values, status=status)
    form.add_error(
        "code",
        _("This code is not right, or was used. Wait for the next one and enter that."),
    )
    return show_card(request, "second_factor", values)


@for_anyone("GET", "POST")
def set_up(request: PageRequest) -> HttpResponse:
    """Have somebody set up a device before anything else, and show the recovery codes."""
    if (elsewhere := _elsewhere(request, factor=False)) is not None:
        return elsewhere
    identity = request.identity
    form = device_form(request, identity)
    if not form.is_valid():
        return show_card(request, "set_up_factor", device_values(identity, form))
    now, visitor = utc_now(), visitor_of(request)
    try:
        codes = set_up_factor(
            identity.account_id,
            secret=secret_of(form, identity),
            code=form.cleaned_data["code"],
            ring=request.machine.key_ring(),
            now=now,
            replace=False,
        )
        token = complete_entry(identity, visitor=visitor, now=now)
    except SetupError as error:
        say_wrong(form, error, field="code")
        return show_card(request, "set_up_factor", device_values(identity, form))
    onward = next_of(request) or reverse("home")
    response = show_card(request, "recovery_codes", {"codes": codes, "onward": onward})
    keep_session(response, token)
    remember_browser(response, visitor, identity.account_id)
    return response


def _elsewhere(request: PageRequest, *, factor: bool) -> HttpResponse | None:
    """Send away who has no business here: signed in already, or not at all."""
    if identity_of(request) is not None:
        return redirect(next_of(request) or reverse("home"))
    if not unproven(request):
        if request.method == "POST":
            messages.info(request, _("This sign-in took too long. Begin again."))
        return redirect(address_with_next("sign-in", next_of(request)))
    if factor_of_account(request.identity.account_id).on != factor:
        page = "second-factor-set-up" if factor else "second-factor"
        return redirect(address_with_next(page, next_of(request)))
    return None
