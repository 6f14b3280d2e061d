"""What the portal says where there is no page, or where something went wrong."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _


def _page(request: HttpRequest, *, status: int, title: str, sentence: str) -> HttpResponse:
    values = {"title": title, "sentence": sentence}
    return render(request, "portal/message.html", values, status=status)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that there is no such page, or none for whoever asks."""
    return _page(
        request,
        status=404,
        title=_("There is no page here"),
        sentence=_(
            "The address may be mistyped, what it showed may be gone, or it is not yours to see."
        ),
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that the request makes no sense."""
    return _page(
        request,
        status=400,
        title=_("This request cannot be understood"),
        sentence=_("Go back, load the page again, and try once more."),
    )


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that a form did not come from a page of ours, or from one that is too old."""
    return _page(
        request,
        status=403,
        title=_("This form is out of date"),
        sentence=_(
            "Nothing was changed. Go back, load the page again, and send it once more. "
            "Cookies must be allowed for this site."
        ),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that the fault is ours; what it was stands in the log. Asks no database."""
    return HttpResponse(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Rollcall</title>"
        "<h1>Something broke here</h1><p>It was logged. Nothing is half done. Try again; if it "
        "stays, tell whoever runs this server.",
        status=500,
    )
