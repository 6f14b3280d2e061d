"""Coming in, and going out."""

from django.http import HttpResponse
from django.shortcuts import redirect, render

from rollcall.accounts.sessions import end_session
from rollcall.web.audience import for_anyone
from rollcall.web.identity import PageRequest, forget_session


@for_anyone("GET")
def sign_in(request: PageRequest) -> HttpResponse:
    """Ask who somebody is."""
    return render(request, "portal/entry/sign_in.html", {})


@for_anyone("POST")
def sign_out(request: PageRequest) -> HttpResponse:
    """End the session."""
    if request.identity is not None:
        end_session(request.identity.account_id, request.identity.session_id)
    response = redirect("sign-in")
    forget_session(response)
    return response
