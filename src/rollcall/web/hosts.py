"""Which hosts this server answers for: those of its settings, and this machine itself."""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.http.response import HttpResponseBase
from django.utils.html import escape

from rollcall.environment import Environment
from rollcall.web.context import context_of

Answer = Callable[[HttpRequest], HttpResponseBase]

THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
FOR_WATCHERS: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked by address, and with nothing in them that a host could change."""


def hosts_of(environment: Environment) -> frozenset[str]:
    """Return the hosts (without ports) that are this server's."""
    domains = (environment.web_domain, environment.sbc_domain)
    own = {domain.host.lower() for domain in domains if domain is not None}
    return THIS_MACHINE | own


def known_hosts(answer: Answer) -> Answer:
    """Refuse requests for other hosts: links and cookies would be made for them."""

    def checked(request: HttpRequest) -> HttpResponseBase:
        if request.path in FOR_WATCHERS:
            return answer(request)
        host, _ = split_domain_port(request.META.get("HTTP_HOST", "").lower())
        if host in hosts_of(context_of(request).environment):
            return answer(request)
        return HttpResponse(
            f"This server does not answer for “{escape(host) or 'no host'}”. An administrator sets "
            "the host that people use as web_domain in rollcall.toml (or ROLLCALL_WEB_DOMAIN) and "
            "restarts the web server.\n",
            status=421,
            content_type="text/plain; charset=utf-8",
        )

    return checked
