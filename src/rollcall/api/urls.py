"""The addresses of the API, and its description."""

import re
from collections.abc import Callable, Iterator
from functools import cache, wraps
from typing import Any, Final

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from rollcall.api import (
    answers,
    audit,
    calls,
    contacts,
    devices,
    extensions,
    integration,
    reset,
    runs,
    system,
    tenant,
    trunk,
)
from rollcall.core.errors import SyncError
from rollcall.web.audience import Audience

DESCRIPTION: Final = """
What the commands do for a tenant, for programs. A token names its tenant, so no address does;
administrators make tokens on the page API tokens, and each allows what its scopes say. It is sent
as `Authorization: Bearer rc_…`.

Objects have the keys of the commands' JSON; what is not there is null, times are RFC 3339 in UTC.
Lists come in pages: `next` is given as `after` to get the next one. Whatever goes wrong has the
shape `{"error": {"code", "message", "help"}}`. People's own contacts are not in this API.
""".strip()

api: Final = NinjaAPI(
    title="Rollcall",
    version="1",
    description=DESCRIPTION,
    openapi_url=None,
    docs_url=None,
    urls_namespace="api-1",
)
for router in (
    tenant.router,
    integration.router,
    reset.router,
    runs.router,
    extensions.router,
    contacts.router,
    devices.router,
    trunk.router,
    calls.router,
    audit.router,
    system.router,
):
    api.add_router("", router)
api.add_exception_handler(answers.RefusedError, answers.from_refusal)
api.add_exception_handler(SyncError, answers.from_domain)
api.add_exception_handler(ValidationError, answers.from_check)
api.add_exception_handler(HttpError, answers.from_http)
api.add_exception_handler(Http404, answers.from_missing)

PREFIX: Final = "/api/v1/"
_CONVERTER: Final = re.compile(r"<(\w+:)?")


@cache
def describe() -> dict[str, Any]:
    """Return the description of the API, as OpenAPI 3.1 has it."""
    return dict(api.get_openapi_schema(path_prefix=PREFIX))


def written_description() -> str:
    """Return the description as a file that people may compare with one before it."""
    return msgspec.json.format(msgspec.json.encode(describe()), indent=1).decode() + "\n"


def openapi(request: HttpRequest) -> HttpResponse:
    """Serve the description: it is no secret."""
    return answers.answer(describe())


def _offered(
    view: Callable[..., HttpResponseBase], audience: Audience, methods: tuple[str, ...]
) -> Callable[..., HttpResponseBase]:
    @wraps(view)
    def offered(request: HttpRequest, **values: Any) -> HttpResponseBase:
        if request.method not in methods:
            response = answers.refuse(
                405, "method", f"This address answers {' and '.join(methods)} only."
            )
            response["Allow"] = ", ".join(methods)
            return response
        return view(request, **values)

    setattr(offered, "audience", audience)  # noqa: B010 - a note that audience_of reads
    setattr(offered, "methods", methods)  # noqa: B010 - the same, for the tests' table
    return csrf_exempt(offered)


def _addresses() -> Iterator[URLPattern]:
    """Yield each address once, with all methods that it answers."""
    methods = {
        address.removeprefix(PREFIX): tuple(each.upper() for each in operations)
        for address, operations in describe()["paths"].items()
    }
    views: dict[str, URLPattern] = {}
    for each in api.urls[0]:
        route = str(each.pattern)
        if isinstance(each, URLPattern) and _CONVERTER.sub("{", route).replace(">", "}") in methods:
            views.setdefault(route, each)
    for route, each in views.items():
        offered = methods[_CONVERTER.sub("{", route).replace(">", "}")]
        yield path(route, _offered(each.callback, Audience.TOKEN, offered), name=f"api-{each.name}")


urlpatterns: Final = [
    path("openapi.json", _offered(openapi, Audience.ANYONE, ("GET",)), name="api-description"),
    *_addresses(),
]
