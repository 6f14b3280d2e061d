"""The pages for those who watch Rollcall, and what it says where there is no page."""

import threading
from http import HTTPStatus
from typing import Final

import msgspec
import psycopg
import structlog
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from rollcall.health.access import refuse_reader
from rollcall.health.exposition import render_page
from rollcall.health.facts import Facts, read_facts
from rollcall.health.readiness import RecentReadiness, read_readiness
from rollcall.web.context import WebContext, context_of
from rollcall.wiring.machine import utc_now

TEXT: Final = "text/plain; charset=utf-8"
READERS_AT_ONCE: Final = 2
"""In one process: the others of its threads are for other pages."""

_readiness = RecentReadiness()
_readers = threading.BoundedSemaphore(READERS_AT_ONCE)
_log = structlog.get_logger(__name__)


@csrf_exempt  # so that it says itself that nothing can be written
@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """Say that this process answers. Asks nobody."""
    return HttpResponse("ok\n", content_type=TEXT)


@csrf_exempt  # so that it says itself that nothing can be written
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether this machine can do its work, and what is missing."""
    context = context_of(request)
    readiness = _readiness.read(lambda: read_readiness(context.conninfo))
    status = HTTPStatus.OK if readiness.ready else HTTPStatus.SERVICE_UNAVAILABLE
    body = msgspec.json.encode(readiness) + b"\n"
    return HttpResponse(body, status=status, content_type="application/json")


@csrf_exempt  # so that it says itself that nothing can be written
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Say how everything is, for Prometheus."""
    context = context_of(request)
    token = context.environment.metrics_token
    refused = refuse_reader(request.META, token=token.value if token else None)
    if refused is not None:
        answer = HttpResponse(refused.sentence, status=refused.status, content_type=TEXT)
        if refused.status == HTTPStatus.UNAUTHORIZED:
            answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    if not _readers.acquire(blocking=False):
        sentence = "Others are reading this page. Try again.\n"
        return HttpResponse(sentence, status=HTTPStatus.SERVICE_UNAVAILABLE, content_type=TEXT)
    try:
        return HttpResponse(_page(context), content_type=CONTENT_TYPE_PLAIN_0_0_4)
    finally:
        _readers.release()


def not_found(_request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that there is no such page."""
    return HttpResponse("There is no page here.\n", status=404, content_type=TEXT)


def bad_request(_request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the request makes no sense."""
    return HttpResponse("This request cannot be understood.\n", status=400, content_type=TEXT)


def server_error(_request: HttpRequest) -> HttpResponse:
    """Say that the fault is ours; what it was stands in the log."""
    return HttpResponse("Something broke here. It was logged.\n", status=500, content_type=TEXT)


def _page(context: WebContext) -> bytes:
    return render_page(
        _facts(context),
        certificate_ends=context.certificate_ends,
        now=utc_now(),
        most_tenants=context.environment.metrics_tenants,
    )


def _facts(context: WebContext) -> Facts | None:
    try:
        return read_facts(context.conninfo)
    except psycopg.Error as error:
        _log.warning("metrics.database", error=type(error).__name__)
        return None
