"""What the pages on the way in share: where to go next, and the cookies that go with it."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render
from django.urls import reverse

from rollcall.accounts.entry import TooOftenError, begin_entry
from rollcall.accounts.sessions import SignedIn, end_session
from rollcall.core.errors import SetupError
from rollcall.integrations.sign_in import enforcing_tenants
from rollcall.web.addresses import own_path
from rollcall.web.identity import PageRequest, keep_session
from rollcall.web.visitors import remember_browser, visitor_of
from rollcall.wiring.machine import utc_now

NEXT: Final = "next"
PHONE: Final = "/phone/"
TOO_MANY: Final = 429
NO_LINK: Final = 404


def next_of(request: PageRequest) -> str:
    """Return where somebody wanted to go, if that is here; who signs in at the phone, to it."""
    given = own_path(request.POST.get(NEXT) or request.GET.get(NEXT))
    return given or (PHONE if request.path.startswith(PHONE) else "")


def address_with_next(name: str, onward: str, **values: str) -> str:
    """Return the address of a page on the way in."""
    address = reverse(name, kwargs=values)
    return address + "?" + urlencode({NEXT: onward}) if onward else address


def enter(request: PageRequest, account_id: int, *, proven: bool = False) -> HttpResponse:
    """Begin a session in the place of the one that there may be, and go on."""
    now, visitor = utc_now(), visitor_of(request)
    entry = begin_entry(
        account_id, visitor=visitor, enforced=enforcing_tenants, now=now, proven=proven
    )
    if request.identity is not None:
        end_session(request.identity.account_id, request.identity.session_id)
    rotate_token(request)
    onward = next_of(request)
    if entry.proven:
        response = redirect(onward or reverse("home"))
        remember_browser(response, visitor, account_id)
    else:
        page = "second-factor" if entry.factor_on else "second-factor-set-up"
        response = redirect(address_with_next(page, onward))
    keep_session(response, entry.token)
    return response


def show_card(
    request: PageRequest, template: str, values: Mapping[str, object], *, status: int = 200
) -> HttpResponse:
    """Show a page on the way in."""
    shown = {"next": next_of(request), **values}
    return render(request, f"portal/entry/{template}.html", shown, status=status)


def say_wrong(form: forms.Form, error: SetupError, *, field: str | None = None) -> int:
    """Let a form say what an operation refused; return the status of the page."""
    form.add_error(field, str(error))
    return TOO_MANY if isinstance(error, TooOftenError) else 200


def unproven(request: PageRequest) -> bool:
    """Tell whether somebody gave a password, and something else is to come."""
    found: SignedIn | None = getattr(request, "identity", None)
    return found is not None and not found.proven
