"""The first tab: the application in Entra, the key pair, and what the check finds."""

from django.http import HttpResponse
from django.shortcuts import render

from rollcall.portal.views.integration.header import header_of
from rollcall.web.audience import for_administrator
from rollcall.web.identity import PageRequest


@for_administrator("GET")
def show(request: PageRequest) -> HttpResponse:
    """Show the guide."""
    return render(request, "portal/integration/permissions.html", header_of(request))
