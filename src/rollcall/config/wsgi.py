"""The application that the web server runs: Django, with what each request knows of its machine."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import got_request_exception
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest

from rollcall.environment import Environment
from rollcall.host.opening import connect_django
from rollcall.web.context import KEY, WebContext
from rollcall.wiring.signing import signing_keys

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
    prepare_pages(environment)
    handler = get_wsgi_application()
    connect_django(conninfo)
    got_request_exception.connect(_log_exception, dispatch_uid="rollcall.config.wsgi")
    return Application(handler, WebContext(environment, conninfo, certificate_ends))


def prepare_pages(environment: Environment) -> None:
    """Give Django what this machine has for pages: a key for its signatures, and its origins.

    The key is derived from the one that seals secrets, so all machines of a site have the same.
    """
    settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS = signing_keys(environment)
    domains = (environment.web_domain, environment.sbc_domain)
    settings.CSRF_TRUSTED_ORIGINS = [domain.origin for domain in domains if domain is not None]


def _log_exception(request: HttpRequest | None = None, **_rest: Any) -> None:
    """Log what broke, and on which page; never its address, which may hold a secret."""
    match = getattr(request, "resolver_match", None)
    _log.error("request.broke", page=match.route if match else "", exc_info=True)
