"""What a tenant's administrators should know, what is over, and who gets it by mail."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from rollcall.accounts.addresses import administrators_addresses
from rollcall.core.errors import SetupError
from rollcall.mail.operations import set_notice_addresses
from rollcall.mail.queries import (
    NoticeView,
    has_mail_server,
    notice_addresses,
    open_notices,
    past_notices,
)
from rollcall.portal.forms.mail import NoticeAddressesForm
from rollcall.portal.paging import ROWS, make_page, page_number
from rollcall.tenants.queries import TenantView
from rollcall.web.audience import for_administrator
from rollcall.web.identity import PageRequest
from rollcall.web.scope import tenant_scope
from rollcall.wiring.machine import utc_now
from rollcall.wiring.notice_texts import words_of


@for_administrator("GET", "POST", live=True)
def notices(request: PageRequest) -> HttpResponse:
    """Show the notices of a tenant, and say who gets them."""
    served = has_mail_server()  # the provider's, so it is asked for outside of the tenant's scope
    with tenant_scope(request.tenant.id):
        return _notices(request, served=served)


def _notices(request: PageRequest, *, served: bool) -> HttpResponse:
    tenant = request.tenant
    known = notice_addresses(tenant.id)
    initial = {
        "who": "administrators" if known is None else "these",
        "addresses": "\n".join(known or ()),
    }
    form = NoticeAddressesForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid() and _saved(request, form):
        messages.success(request, _("Saved."))
        return redirect("notices", tenant=tenant.slug)
    skip = (page_number(request) - 1) * ROWS
    past = past_notices(tenant.id, skip=skip, limit=ROWS + 1)
    values = {
        "form": form,
        "served": served,
        "open": [_shown(tenant, each, now=utc_now()) for each in open_notices(tenant.id)],
        "page": make_page(request, [_shown(tenant, each) for each in past]),
        "administrators": administrators_addresses([tenant.id]).get(tenant.id, []),
    }
    return render(request, "portal/tenant/notices.html", values)


def _saved(request: PageRequest, form: NoticeAddressesForm) -> bool:
    try:
        set_notice_addresses(request.tenant.id, form.chosen(), actor=request.identity.actor)
    except SetupError as error:
        form.add_error("addresses", str(error))
        return False
    return True


def _shown(
    tenant: TenantView, notice: NoticeView, *, now: datetime | None = None
) -> dict[str, Any]:
    words = words_of(notice.kind, notice.detail, name=tenant.name, zone=tenant.time_zone, now=now)
    return {
        "subject": words.subject,
        "text": words.text,
        "since": notice.since,
        "told_at": notice.told_at,
        "told_to": ", ".join(notice.told_to),
        "recovered_at": notice.recovered_at,
        "address": _address(tenant, notice),
    }


def _address(tenant: TenantView, notice: NoticeView) -> str:
    values: dict[str, object] = {"tenant": tenant.slug}
    if "run" in notice.detail:
        return reverse("integration-run", kwargs={**values, "run_id": int(notice.detail["run"])})
    return reverse("integration", kwargs=values)
