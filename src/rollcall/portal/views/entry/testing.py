"""The beginning of a sign-in test: off to Microsoft, as who wants to sign in is sent there."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from rollcall.core.errors import SyncError
from rollcall.portal.views.entry.flow import TEST, NoDomainError, depart
from rollcall.portal.views.integration.sign_in_test import show_start
from rollcall.web.audience import for_administrator
from rollcall.web.identity import PageRequest


@for_administrator("GET", "POST", live=True)
def begin(request: PageRequest) -> HttpResponse:
    """Say what the test does, or send the browser to Microsoft."""
    if request.method != "POST":
        return show_start(request)
    tenant = request.tenant
    try:
        return depart(
            request,
            tenant.id,
            purpose=TEST,
            back=reverse("integration-sign-in-test", kwargs={"tenant": tenant.slug}),
            prompt="select_account",
        )
    except NoDomainError:
        trouble = _(
            "This server has no web domain yet, so there is no redirect URI. Whoever runs this "
            "server sets web_domain."
        )
    except SyncError as error:
        trouble = str(error)
    return show_start(request, trouble=trouble)
