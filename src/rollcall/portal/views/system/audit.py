"""The audit log of the system: what concerns no single tenant."""

from typing import Final
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from rollcall.audit.queries import CHUNK, EntryView, Place, every_entry, list_entries
from rollcall.portal.views.audit import as_csv, log_page, wanted_entries
from rollcall.web.audience import for_system
from rollcall.web.identity import PageRequest
from rollcall.web.scope import system_scope

ZONE: Final = ZoneInfo("UTC")


@for_system("GET")
def show(request: PageRequest) -> HttpResponse:
    """Show the audit log of the system."""
    return render(request, "portal/system/audit.html", log_page(request, None, ZONE))


@for_system("GET")
def export(request: PageRequest) -> HttpResponseBase:
    """Export it as CSV, as far as it is wanted."""
    wanted = wanted_entries(request, ZONE)

    def read(place: Place | None) -> list[EntryView]:
        with system_scope():
            return list_entries(None, wanted, limit=CHUNK, before=place)

    return as_csv(every_entry(read), name="audit.csv")
