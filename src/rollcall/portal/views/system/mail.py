"""The mail server, a test of it, and what is on its way."""

from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from rollcall.core.errors import SetupError
from rollcall.mail.operations import forget_failed, retry_failed, retry_mail, set_mail_server
from rollcall.mail.queries import count_outbox, find_mail_server, list_outbox
from rollcall.portal.forms.mail import MailServerForm, TestMailForm
from rollcall.portal.paging import ROWS, make_page, page_number
from rollcall.web.audience import for_system
from rollcall.web.identity import PageRequest
from rollcall.wiring.machine import utc_now
from rollcall.wiring.mail import send_test_mail

STATES: Final = {
    "waiting": gettext_lazy("Waiting"),
    "failed": gettext_lazy("Failed"),
    "sent": gettext_lazy("Sent"),
}
LONGEST_ID: Final = 18


@for_system("GET", "POST")
def mail(request: PageRequest) -> HttpResponse:
    """Show the mail server's settings and the outbox; save the settings."""
    known = find_mail_server()
    form = MailServerForm(request.POST if request.method == "POST" else None, known=known)
    if request.method == "POST" and form.is_valid():
        try:
            set_mail_server(
                form.server(),
                ring=request.machine.key_ring(),
                actor=request.identity.actor,
                now=utc_now(),
            )
        except SetupError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The mail server is saved. Send a test mail to try it."))
            return redirect("system-mail")
    values = {
        "form": form,
        "known": known,
        "test": TestMailForm(initial={"to": request.identity.email}),
        **_outbox(request),
    }
    return render(request, "portal/system/mail.html", values)


def _outbox(request: PageRequest) -> dict[str, Any]:
    counts = count_outbox()
    numbers = {"waiting": counts.waiting, "failed": counts.failed, "sent": counts.sent}
    wanted = request.GET.get("state", "")
    state = wanted if wanted in STATES else _first_state(numbers)
    skip = (page_number(request) - 1) * ROWS
    rows = list_outbox(state, skip=skip, limit=ROWS + 1)
    return {
        "counts": counts,
        "state": state,
        "chips": [
            {"name": name, "title": title, "count": numbers[name], "here": name == state}
            for name, title in STATES.items()
        ],
        "page": make_page(request, rows, total=numbers[state]),
        "any": any(numbers.values()),
    }


def _first_state(numbers: dict[str, int]) -> str:
    """Begin with what needs a hand."""
    return next((name for name in ("failed", "waiting") if numbers[name]), "sent")


@for_system("POST")
def test(request: PageRequest) -> HttpResponse:
    """Send a test mail, and say what the server answered."""
    to = request.POST.get("to", "")
    try:
        answer = send_test_mail(request.machine, to=to, actor=request.identity.actor)
    except SetupError as error:
        messages.error(request, _("No test mail was sent. %(why)s") % {"why": error})
    else:
        sentence = _("The server took the test mail to %(to)s. It answered “%(answer)s”.")
        messages.success(request, sentence % {"to": to.strip(), "answer": answer})
    return redirect("system-mail")


@for_system("POST")
def retry(request: PageRequest) -> HttpResponse:
    """Try one mail again, or all that failed."""
    actor, text = request.identity.actor, request.POST.get("mail", "")
    if text == "failed":
        count = retry_failed(actor=actor, now=utc_now())
        sentence = ngettext("%(n)s mail is tried again.", "%(n)s mails are tried again.", count)
        messages.success(request, sentence % {"n": count})
    elif _is_id(text) and retry_mail(int(text), actor=actor, now=utc_now()):
        messages.success(request, _("The mail is tried again."))
    else:
        raise Http404
    return redirect("system-mail")


@for_system("POST")
def forget(request: PageRequest) -> HttpResponse:
    """Delete all mails that failed."""
    count = forget_failed(actor=request.identity.actor)
    sentence = ngettext("%(n)s mail is forgotten.", "%(n)s mails are forgotten.", count)
    messages.success(request, sentence % {"n": count})
    return redirect("system-mail")


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID
