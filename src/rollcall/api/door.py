"""How an operation of the API is offered: who may use it, in whose scope it runs.

@offer(router, "GET", "/extensions", scope=Scope.READ, answers=page_of(ExtensionView))
def list_extensions(request: ApiRequest, limit: Limit = USUAL) -> Page: …
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import Any, Final, TypeVar

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.security import HttpBearer
from pydantic import BaseModel
from typing_extensions import override

from rollcall.access.operations import Bearer, find_bearer
from rollcall.access.scopes import Scope
from rollcall.api.answers import RefusedError, answer
from rollcall.api.limits import buckets
from rollcall.api.shapes import ErrorAnswer, shape_of
from rollcall.core.errors import SetupError
from rollcall.web.scope import system_scope, tenant_scope
from rollcall.wiring.machine import Machine, utc_now

Function = TypeVar("Function", bound=Callable[..., object])

SUSPENDED: Final = "suspended"
ERRORS: Final[Mapping[int, type[BaseModel]]] = {
    status: shape_of(ErrorAnswer) for status in (400, 401, 403, 404, 409, 422, 429)
}


class ApiRequest(HttpRequest):
    """What an operation gets: a request, and who shows a token on which machine. For types."""

    auth: Bearer
    machine: Machine


class Token(HttpBearer):
    """A token in the header Authorization, which must allow one scope."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    @override
    def authenticate(self, request: HttpRequest, token: str) -> Bearer:
        """Return who shows the token; refuse what does not count, or does not allow this."""
        try:
            bearer = find_bearer(token.strip(), now=utc_now())
        except SetupError as error:
            status = 403 if error.code == SUSPENDED else 401
            raise RefusedError(status, error.code, str(error), help_page="api.md") from None
        wait = buckets.take(bearer.token_id)
        if wait:
            raise RefusedError(
                429,
                "too-many-requests",
                f"This token has asked too often. Ask again in {wait} s.",
                help_page="api.md",
                retry_after=wait,
            )
        if self.scope.value not in bearer.scopes:
            raise RefusedError(
                403,
                "scope-missing",
                f"This token does not have the scope {self.scope}.",
                help_page="api.md",
            )
        return bearer


def offer(
    router: Router,
    method: str,
    path: str,
    *,
    scope: Scope,
    answers: type[BaseModel] | Any,
    status: int = 200,
    live: bool = False,
) -> Callable[[Function], Function]:
    """Offer a function as an operation; it runs in its token's scope.

    A `live` one talks to Microsoft, or needs tables that are closed to the web's role: it runs in
    no transaction, and enters `tenant_scope` itself.
    """

    def register(function: Function) -> Function:
        @wraps(function)
        def operation(request: Any, *args: Any, **values: Any) -> HttpResponse:
            with nullcontext() if live else _scope_of(request):
                value = function(request, *args, **values)
                return value if isinstance(value, HttpResponse) else answer(value, status=status)

        summary, _, rest = (function.__doc__ or "").strip().partition("\n")
        router.api_operation(
            [method],
            path,
            auth=Token(scope),
            response={status: answers, **ERRORS},
            operation_id=function.__name__,
            summary=summary.rstrip("."),
            description=f"{_plain(rest)}\n\nScope: `{scope}`.".strip(),
            openapi_extra={"x-scope": scope.value},
        )(operation)
        return function

    return register


def _plain(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines()).strip()


def _scope_of(request: ApiRequest) -> AbstractContextManager[None]:
    tenant_id = request.auth.tenant_id
    if tenant_id is not None:
        return tenant_scope(tenant_id)
    return system_scope() if request.method == "GET" else nullcontext()


def tenant_of(request: ApiRequest) -> int:
    """Return the tenant whose token was shown; the provider's tokens have none."""
    tenant_id = request.auth.tenant_id
    if tenant_id is None:
        raise RefusedError(
            403,
            "scope-missing",
            "This token is the provider's, and no tenant's.",
            help_page="api.md",
        )
    return tenant_id
