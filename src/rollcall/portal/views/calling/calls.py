"""The calls of a tenant, for its administrators; and one's own, for everybody."""

from typing import Any

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from rollcall.calling.calls import CallPage, CallsWanted, list_calls
from rollcall.core.errors import SetupError
from rollcall.portal.call_words import DIRECTIONS, RESULTS
from rollcall.portal.views.audit import zone_of
from rollcall.portal.views.calling.call_lists import as_csv, call_rows, given, wanted_calls
from rollcall.portal.views.pbx.lists import link, to_page
from rollcall.telephony.queries import get_key
from rollcall.web.audience import for_administrator, for_user
from rollcall.web.identity import PageRequest
from rollcall.web.scope import tenant_scope

NUMBER_LENGTH = 13


@for_administrator("GET")
def show(request: PageRequest) -> HttpResponse:
    """Show a page of all calls of the tenant."""
    extension, known = _wanted_extension(request)
    wanted = wanted_calls(request, zone_of(request.tenant), extension_id=extension)
    page = list_calls(request.tenant.id, wanted) if known else _nothing()
    values = {
        **_values(request, page, wanted, asker=None),
        "directions": [(name, title, name == wanted.direction) for name, title in _directions()],
        "results": [(name, title, name == wanted.result) for name, title in _results()],
        "extension": given(request, "extension"),
        "known": known,
    }
    return render(request, "portal/calling/calls.html", values)


@for_user("GET")
def own(request: PageRequest) -> HttpResponse:
    """Show a page of one's own calls."""
    extension_id = _own_extension(request)
    values: dict[str, Any] = {"has_extension": extension_id is not None}
    if extension_id is not None:
        wanted = wanted_calls(request, zone_of(request.tenant), extension_id=extension_id)
        page = list_calls(request.tenant.id, wanted)
        values |= _values(request, page, wanted, asker=extension_id)
        values["chips"] = [
            {"title": title, "address": link(request, show=name), "here": here}
            for name, title, here in _kinds(missed=wanted.missed)
        ]
    return render(request, "portal/calling/my_calls.html", values)


@for_administrator("GET", live=True)
def export(request: PageRequest) -> HttpResponseBase:
    """Send the calls of the tenant as a table, as far as they are wanted."""
    with tenant_scope(request.tenant.id):
        extension, known = _wanted_extension(request)
    wanted = wanted_calls(request, zone_of(request.tenant), extension_id=extension)
    if not known:
        raise Http404
    name = f"calls-{request.tenant.slug}.csv"
    return as_csv(request.tenant, wanted, asker=None, name=name)


def _values(
    request: PageRequest, page: CallPage, wanted: CallsWanted, *, asker: int | None
) -> dict[str, Any]:
    shown = to_page(request, page.rows, earlier=page.earlier, later=page.later)
    narrowed = any((wanted.direction, wanted.result, wanted.since, wanted.until, wanted.missed))
    return {
        "page": shown,
        "rows": call_rows(request.tenant, page, asker=asker),
        "since": given(request, "since"),
        "until": given(request, "until"),
        "narrowed": narrowed or (asker is None and given(request, "extension") != ""),
        "turned": bool(wanted.place.row),
        "kept": link(request),
        "zone": zone_of(request.tenant).key,
    }


def _wanted_extension(request: PageRequest) -> tuple[int | None, bool]:
    """Return the extension whose calls are wanted; False where there is no such one."""
    text = given(request, "extension")
    if not text:
        return None, True
    if not (text.isascii() and text.isdecimal() and len(text) <= NUMBER_LENGTH):
        return None, False
    try:
        return get_key(request.tenant.id, int(text)).id, True
    except SetupError:
        return None, False


def _own_extension(request: PageRequest) -> int | None:
    identity = request.identity
    return identity.extension_id if identity.tenant_id == request.tenant.id else None


def _nothing() -> CallPage:
    return CallPage((), earlier=False, later=False)


def _directions() -> list[tuple[str, str]]:
    return [(name, str(title)) for name, title in DIRECTIONS.items()]


def _results() -> list[tuple[str, str]]:
    return [(name, str(title)) for name, (_kind, title) in RESULTS.items()]


def _kinds(*, missed: bool) -> list[tuple[str, str, bool]]:
    return [("", _("All"), not missed), ("missed", _("Missed"), missed)]
