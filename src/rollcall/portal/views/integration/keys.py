"""Key pairs: made here, uploaded to Entra, retired. The private key never leaves the server."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from rollcall.core.errors import SetupError
from rollcall.integrations.operations import (
    Connection,
    change_integration,
    new_key_pair,
    retire_key_pair,
)
from rollcall.integrations.queries import find_certificate
from rollcall.portal.forms.permissions import KeyForm
from rollcall.portal.views.integration.permissions import show_guide
from rollcall.web.audience import for_administrator
from rollcall.web.identity import PageRequest
from rollcall.wiring.machine import utc_now

FILE_NAME = "public_key.pem"


@for_administrator("POST")
def generate(request: PageRequest) -> HttpResponse:
    """Make a key pair; the page that follows gives the browser its certificate as a file."""
    form = KeyForm(request.POST)
    if not form.is_valid():
        return show_guide(request, chosen="key-pair", key_form=form)
    tenant, actor, days = request.tenant, request.identity.actor, form.cleaned_data["days"]
    change_integration(
        tenant.id,
        actor=actor,
        connection=Connection(),
        values={"certificate_days": days},
        lists={},
    )
    made, _pem = new_key_pair(
        tenant.id,
        actor=actor,
        name=f"Rollcall {tenant.slug}",
        days=days,
        ring=request.machine.key_ring(),
        now=utc_now(),
    )
    address = reverse("integration", kwargs={"tenant": tenant.slug})
    return redirect(f"{address}?step=key-pair&download={made.id}#key-pair")


@for_administrator("GET")
def download(request: PageRequest, key: int) -> HttpResponse:
    """Give the certificate of a key pair as a file, to be uploaded to Entra."""
    pem = find_certificate(request.tenant.id, key)
    if pem is None:
        raise Http404
    return HttpResponse(
        pem,
        content_type="application/x-pem-file",
        headers={"Content-Disposition": f'attachment; filename="{FILE_NAME}"'},
    )


@for_administrator("POST")
def retire(request: PageRequest, key: int) -> HttpResponse:
    """Use a key pair no longer."""
    if find_certificate(request.tenant.id, key) is None:
        raise Http404
    try:
        retire_key_pair(
            request.tenant.id, actor=request.identity.actor, key=str(key), now=utc_now()
        )
    except SetupError as error:
        messages.error(request, str(error))
    else:
        text = _("The key pair is retired. Remove its certificate from the application, too.")
        messages.success(request, text)
    address = reverse("integration", kwargs={"tenant": request.tenant.slug})
    return redirect(f"{address}?step=key-pair#key-pair")
