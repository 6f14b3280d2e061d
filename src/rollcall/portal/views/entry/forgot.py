"""A forgotten password: a mail with a link, if there is an account. The answer never tells."""

import time
from functools import partial
from typing import Final

from django.http import HttpResponse
from django.shortcuts import redirect

from rollcall.accounts.arrivals import ask_for_reset
from rollcall.accounts.attempts import charge, network_of
from rollcall.accounts.entry import TooOftenError
from rollcall.mail.queries import has_mail_server
from rollcall.portal.forms.entry import ForgotForm
from rollcall.portal.views.entry.steps import say_wrong, show_card
from rollcall.web.addresses import address_of_link
from rollcall.web.audience import for_anyone
from rollcall.web.identity import PageRequest
from rollcall.web.visitors import visitor_of
from rollcall.wiring.machine import utc_now

AT_LEAST: Final = 0.25
"""Seconds that an answer takes, so that it does not tell whether a mail was written."""


@for_anyone("GET", "POST")
def ask(request: PageRequest) -> HttpResponse:
    """Ask for the mail address."""
    form = ForgotForm(request.POST or None)
    if not has_mail_server():
        return show_card(request, "no_mail", {})
    if not form.is_valid():
        return show_card(request, "forgot", {"form": form})
    began, now = time.monotonic(), utc_now()
    until = charge([network_of(visitor_of(request).network)], now=now)
    if until is not None:
        status = say_wrong(form, TooOftenError(until, now=now))
        return show_card(request, "forgot", {"form": form}, status=status)
    address = partial(address_of_link, request.machine.environment)
    ask_for_reset(form.cleaned_data["email"], address=address, now=now)
    time.sleep(max(0.0, AT_LEAST - (time.monotonic() - began)))
    return redirect("forgot-sent")


@for_anyone("GET")
def sent(request: PageRequest) -> HttpResponse:
    """Say that a mail is on its way, if there is an account."""
    return show_card(request, "forgot_sent", {})
