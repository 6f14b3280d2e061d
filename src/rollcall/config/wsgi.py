"""The application that the web server runs: Django, with what each request knows of its machine."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import structlog
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import got_request_exception
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest

from rollcall.environment import Environment
from rollcall.health.context import KEY, WebContext
from rollcall.host.opening import connect_django

_log = structlog.get_logger(__name__)


class Application:
    """Django's own application, with a context for each request."""

    def __init__(self, handler: WSGIHandler, context: WebContext) -> None:
        self._handler = handler
        self._context = context

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request."""
        environ[KEY] = self._context
        return self._handler(environ, start_response)


def load_application(
    environment: Environment, conninfo: str, *, certificate_ends: datetime | None
) -> Application:
    """Return the application of a machine, connected to its database."""
    handler = get_wsgi_application()
    connect_django(conninfo)
    got_request_exception.connect(_log_exception, dispatch_uid="rollcall.config.wsgi")
    return Application(handler, WebContext(environment, conninfo, certificate_ends))


def _log_exception(request: HttpRequest | None = None, **_rest: Any) -> None:
    """Log what broke, and on which page; never its address, which may hold a secret."""
    match = getattr(request, "resolver_match", None)
    _log.error("request.broke", page=match.route if match else "", exc_info=True)
