"""What is said where something went wrong: a page to people, JSON to programs."""

from typing import Final

from django.http import HttpRequest, HttpResponse

from rollcall.api import answers
from rollcall.portal.views import errors

FOR_PROGRAMS: Final = "/api/"


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that the request makes no sense."""
    if request.path.startswith(FOR_PROGRAMS):
        return answers.refuse(400, "bad-request", "This request cannot be understood.")
    return errors.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that there is nothing, or nothing for whoever asks."""
    if request.path.startswith(FOR_PROGRAMS):
        return answers.not_found()
    return errors.not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that the fault is ours; what it was stands in the log."""
    if request.path.startswith(FOR_PROGRAMS):
        return answers.refuse(500, "our-fault", "Something broke here. It was logged.")
    return errors.server_error(request)
