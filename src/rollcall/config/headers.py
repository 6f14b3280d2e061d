"""What every answer tells the browser: trust nobody else, keep nothing, frame nothing."""

from collections.abc import Callable, Mapping

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from rollcall.web.policy import content_policy

Answer = Callable[[HttpRequest], HttpResponseBase]

ALWAYS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": content_policy(),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
OVER_HTTPS: Mapping[str, str] = {"Strict-Transport-Security": "max-age=31536000"}


def security_headers(answer: Answer) -> Answer:
    """Add the headers to every answer that does not say otherwise."""

    def with_headers(request: HttpRequest) -> HttpResponseBase:
        response = answer(request)
        headers = {**ALWAYS, **OVER_HTTPS} if request.is_secure() else ALWAYS
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        return response

    return with_headers
