"""People who wait for a word: link them to the extension with their mail address, or not."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rollcall.core.errors import SetupError
from rollcall.integrations.proposals import count_proposals, decide_proposals, list_proposals
from rollcall.integrations.queries import get_integration
from rollcall.web.audience import for_administrator
from rollcall.web.identity import PageRequest


@for_administrator("GET", "POST")
def proposals(request: PageRequest) -> HttpResponse:
    """Show who waits; link or separate those that are ticked, or one."""
    if request.method == "POST":
        return _decide(request)
    shown = list_proposals(request.tenant.id)
    values = {"proposals": shown, "count": count_proposals(request.tenant.id)}
    return render(request, "portal/pbx/proposals.html", values)


def _decide(request: PageRequest) -> HttpResponse:
    one = request.POST.get("link") or request.POST.get("separate")
    link = "link" in request.POST
    ids = [one] if one else request.POST.getlist("person")
    try:
        count = decide_proposals(
            request.tenant.id,
            get_integration(request.tenant.id).id,
            object_ids=ids,
            link=link,
            actor=request.identity.actor,
        )
    except SetupError as error:
        messages.error(request, str(error))
    else:
        _tell(request, count, link=link)
    return redirect("proposals", tenant=request.tenant.slug)


def _tell(request: PageRequest, count: int, *, link: bool) -> None:
    if not count:
        messages.warning(request, _("Nothing was changed: tick the people first."))
        return
    sentence = (
        ngettext(
            "%(n)s person is linked with the next run.",
            "%(n)s people are linked with the next run.",
            count,
        )
        if link
        else ngettext(
            "%(n)s person gets an extension of their own with the next run.",
            "%(n)s people get extensions of their own with the next run.",
            count,
        )
    )
    messages.success(request, sentence % {"n": count})
