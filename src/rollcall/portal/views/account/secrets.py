"""What proves one's own account: password, device, recovery codes. Each change asks for the
password, so that a browser left open is not enough to take the account over.
"""

from collections.abc import Mapping

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from rollcall.accounts.entry import check_own_password
from rollcall.accounts.factor_operations import (
    factor_of_account,
    remove_factor,
    renew_recovery_codes,
    set_up_factor,
)
from rollcall.accounts.operations import set_password
from rollcall.accounts.sessions import end_sessions, prove_session
from rollcall.core.errors import SetupError
from rollcall.portal.forms.account import ChangePasswordForm, OwnDeviceForm, PresentPasswordForm
from rollcall.portal.views.device import device_form, device_values, secret_of
from rollcall.web.audience import for_signed_in
from rollcall.web.identity import PageRequest, keep_session
from rollcall.web.visitors import visitor_of
from rollcall.wiring.machine import utc_now


@for_signed_in("GET", "POST")
def change_password(request: PageRequest) -> HttpResponse:
    """Choose another password; all other sessions end."""
    form = ChangePasswordForm(request.POST or None)
    if not (form.is_valid() and _is_own(request, form)):
        return _page(request, "password", {"form": form})
    identity, now = request.identity, utc_now()
    try:
        set_password(
            identity.account_id, form.cleaned_data["password"], actor=identity.actor, now=now
        )
    except SetupError as error:
        form.add_error("password", str(error))
        return _page(request, "password", {"form": form})
    end_sessions(identity.account_id, but=identity.session_id)
    messages.success(request, _("Your password is changed. Your other sessions are ended."))
    response = redirect("account")
    keep_session(response, prove_session(identity.session_id, now=now))
    return response


@for_signed_in("GET", "POST")
def set_up_device(request: PageRequest) -> HttpResponse:
    """Set up a device, or another one in its place; show the recovery codes."""
    identity = request.identity
    form = device_form(request, identity, OwnDeviceForm)
    factor = factor_of_account(identity.account_id)
    if not (form.is_valid() and _is_own(request, form)):
        values = {**device_values(identity, form), "factor": factor}
        return _page(request, "device", values)
    try:
        codes = set_up_factor(
            identity.account_id,
            secret=secret_of(form, identity),
            code=form.cleaned_data["code"],
            ring=request.machine.key_ring(),
            now=utc_now(),
            replace=True,
        )
    except SetupError as error:
        form.add_error("code", str(error))
        return _page(request, "device", {**device_values(identity, form), "factor": factor})
    return _page(request, "recovery_codes", {"codes": codes})


@for_signed_in("GET", "POST")
def remove_device(request: PageRequest) -> HttpResponse:
    """Remove one's second factor, of whom none is demanded."""
    identity = request.identity
    factor = factor_of_account(identity.account_id)
    if factor.demanded or not factor.on:
        return redirect("account")
    form = PresentPasswordForm(request.POST or None)
    if not (form.is_valid() and _is_own(request, form)):
        return _page(request, "remove_device", {"form": form})
    remove_factor(identity.account_id, actor=identity.actor)
    messages.success(request, _("The second factor is removed."))
    return redirect("account")


@for_signed_in("GET", "POST")
def recovery_codes(request: PageRequest) -> HttpResponse:
    """Make new recovery codes."""
    identity = request.identity
    factor = factor_of_account(identity.account_id)
    if not factor.on:
        return redirect("account")
    form = PresentPasswordForm(request.POST or None)
    if not (form.is_valid() and _is_own(request, form)):
        return _page(request, "new_recovery_codes", {"form": form, "factor": factor})
    return _page(request, "recovery_codes", {"codes": renew_recovery_codes(identity.account_id)})


def _is_own(request: PageRequest, form: forms.Form) -> bool:
    """Tell whether the present password is right; else the form says that it is not."""
    try:
        right = check_own_password(
            request.identity,
            form.cleaned_data["present"],
            visitor=visitor_of(request),
            now=utc_now(),
        )
    except SetupError as error:
        form.add_error("present", str(error))
        return False
    if not right:
        form.add_error("present", _("This is not your password."))
    return right


def _page(request: PageRequest, name: str, values: Mapping[str, object]) -> HttpResponse:
    return render(request, f"portal/account/{name}.html", dict(values))
