"""Pages behind links that work once. Opening one changes nothing: programs that read mails do."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from rollcall.accounts.arrivals import (
    accept_invitation,
    link_of,
    reset_password,
    set_up_system,
    sign_in_by_link,
)
from rollcall.accounts.links import LinkView, Purpose
from rollcall.core.errors import SetupError
from rollcall.portal.forms.entry import InvitationForm, NewPasswordForm, SetUpForm
from rollcall.portal.views.entry.steps import NO_LINK, enter, say_wrong, show_card
from rollcall.tenants.queries import get_tenant_by_id
from rollcall.web.audience import for_anyone
from rollcall.web.identity import PageRequest
from rollcall.wiring.machine import utc_now

FIELDS = {"bad-password": "password", "bad-email": "email", "bad-name": "name"}


@for_anyone("GET", "POST")
def set_up(request: PageRequest, set_up: str) -> HttpResponse:
    """Have the first system administrator made, by who reads the server's console."""
    if _find(set_up, Purpose.SET_UP) is None:
        return _used_up(request)
    form = SetUpForm(request.POST or None)
    if form.is_valid():
        given = form.cleaned_data
        try:
            account_id = set_up_system(
                set_up,
                email=given["email"],
                name=given["name"],
                password=given["password"],
                now=utc_now(),
            )
            return enter(request, account_id)
        except SetupError as error:
            say_wrong(form, error, field=FIELDS.get(error.code))
    return show_card(request, "set_up", {"form": form})


@for_anyone("GET", "POST")
def accept(request: PageRequest, invitation: str) -> HttpResponse:
    """Have somebody who was invited choose a password."""
    link = _find(invitation, Purpose.INVITATION)
    if link is None:
        return _used_up(request)
    form = InvitationForm(request.POST or None, initial={"name": link.name})
    if form.is_valid():
        given = form.cleaned_data
        try:
            account_id = accept_invitation(
                invitation, name=given["name"], password=given["password"], now=utc_now()
            )
            return enter(request, account_id)
        except SetupError as error:
            say_wrong(form, error, field=FIELDS.get(error.code))
    values = {"form": form, "link": link, "home": _home_of(link)}
    return show_card(request, "invitation", values)


@for_anyone("GET", "POST")
def reset(request: PageRequest, reset: str) -> HttpResponse:
    """Have somebody who forgot the password choose another one."""
    link = _find(reset, Purpose.RESET)
    if link is None:
        return _used_up(request)
    form = NewPasswordForm(request.POST or None)
    if form.is_valid():
        try:
            reset_password(reset, form.cleaned_data["password"], now=utc_now())
            messages.success(
                request,
                _("Your password is changed, and all sessions ended. Sign in with the new one."),
            )
            return _to_sign_in(link)
        except SetupError as error:
            say_wrong(form, error, field=FIELDS.get(error.code))
    return show_card(request, "reset", {"form": form, "link": link, "home": _home_of(link)})


def _to_sign_in(link: LinkView) -> HttpResponse:
    if link.tenant_id is None:
        return redirect("sign-in")
    return redirect("tenant-sign-in", tenant=get_tenant_by_id(link.tenant_id).slug)


@for_anyone("GET", "POST")
def by_link(request: PageRequest, link: str) -> HttpResponse:
    """Sign in who was given a link at the server's shell: that was proof enough."""
    found = _find(link, Purpose.SIGN_IN)
    if found is None:
        return _used_up(request)
    if request.method != "POST":
        return show_card(request, "by_link", {"link": found, "home": _home_of(found)})
    try:
        account_id = sign_in_by_link(link, now=utc_now())
    except SetupError:
        return _used_up(request)
    return enter(request, account_id, proven=True)


def _find(token: str, purpose: Purpose) -> LinkView | None:
    try:
        return link_of(token, purpose, now=utc_now())
    except SetupError:
        return None


def _home_of(link: LinkView) -> str:
    return get_tenant_by_id(link.tenant_id).name if link.tenant_id is not None else ""


def _used_up(request: PageRequest) -> HttpResponse:
    return show_card(request, "used_up", {}, status=NO_LINK)
