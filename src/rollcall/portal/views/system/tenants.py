"""All tenants, and how they are."""

from django.http import HttpResponse
from django.shortcuts import render

from rollcall.web.audience import for_system
from rollcall.web.identity import PageRequest


@for_system("GET")
def list_all(request: PageRequest) -> HttpResponse:
    """Show the table of tenants."""
    return render(request, "portal/system/tenants.html", {})
