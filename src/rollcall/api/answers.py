"""Answers: JSON of our structs, and one shape for whatever goes wrong."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja.errors import AuthenticationError

from rollcall.api.shapes import ErrorAnswer, ErrorJson
from rollcall.core.errors import ContractError, OutdatedError, SyncError, TransientError

JSON: Final = "application/json"
DOCS: Final = "docs/howto/"

NOT_FOUND: Final = "There is nothing here."

CONFLICTS: Final = frozenset(
    {
        "ended",
        "has-extension",
        "linked",
        "not-held",
        "number-taken",
        "paused",
        "released",
        "retired",
        "running",
        "superseded",
        "synchronised",
        "taken",
    }
)
"""Codes of what would be right at another time, or of another thing."""

MISSING: Final = frozenset(
    {
        "no-trunk",
        "not-kept",
        "not-set-up",
        "unknown-contact",
        "unknown-device",
        "unknown-extension",
        "unknown-key",
        "unknown-person",
        "unknown-run",
        "unknown-tenant",
        "unknown-trunk-number",
    }
)
"""Codes of what is not there."""

_encoder = msgspec.json.Encoder()


class RefusedError(Exception):
    """A request that is not carried out, with the answer it gets."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        help_page: str = "",
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.status = status
        self.code = code
        self.help_page = help_page


def answer(value: object, *, status: int = 200) -> HttpResponse:
    """Return a value as JSON."""
    return HttpResponse(_encoder.encode(value), status=status, content_type=JSON)


def refuse(status: int, code: str, message: str, *, help_page: str = "") -> HttpResponse:
    """Return an error in the shape that all of them have."""
    page = f"{DOCS}{help_page}" if help_page else None
    return answer(ErrorAnswer(ErrorJson(code, message, page)), status=status)


def not_found() -> HttpResponse:
    """Say that there is nothing: no such address, no such thing, or another tenant's."""
    return refuse(404, "not-found", NOT_FOUND)


def from_refusal(request: HttpRequest, error: Any) -> HttpResponse:
    """Answer what the API itself refused."""
    response = refuse(error.status, error.code, str(error), help_page=error.help_page)
    if error.status == 401:  # noqa: PLR2004 - unauthorised
        response["WWW-Authenticate"] = "Bearer"
    if error.retry_after is not None:
        response["Retry-After"] = str(error.retry_after)
    return response


def from_domain(request: HttpRequest, error: Any) -> HttpResponse:
    """Answer what an operation refused: by its code, or by who can mend it."""
    return refuse(_status_of(error), error.code, str(error), help_page=error.help_page)


def _status_of(error: SyncError) -> int:
    if error.code in MISSING:
        return 404
    if error.code in CONFLICTS or isinstance(error, OutdatedError):
        return 409
    if isinstance(error, TransientError):
        return 503
    return 502 if isinstance(error, ContractError) else 422


def from_check(request: HttpRequest, error: Any) -> HttpResponse:
    """Answer a request that does not have the form that it should have."""
    places: list[tuple[Any, ...]] = [tuple(each["loc"]) for each in error.errors]
    if places and all(place[0] == "path" for place in places):
        return not_found()
    return refuse(422, "invalid", " ".join(_sentences(error.errors)))


def _sentences(errors: Iterable[dict[str, Any]]) -> Iterable[str]:
    for each in errors:
        source, *rest = each["loc"]
        # A body's first part is the name of our own argument.
        names = rest[1:] if source == "body" else rest
        where = ".".join(str(name) for name in names) or "body"
        yield f"{where}: {each['msg']}."


def from_http(request: HttpRequest, error: Any) -> HttpResponse:
    """Answer what the framework refused: a body that is no JSON, mostly."""
    if isinstance(error, AuthenticationError):
        return from_refusal(
            request,
            RefusedError(
                401,
                "token-missing",
                "This needs a token, in the header “Authorization: Bearer rc_…”.",
                help_page="api.md",
            ),
        )
    code = "not-json" if error.status_code == 400 else "refused"  # noqa: PLR2004 - bad request
    message = "The body is not JSON." if code == "not-json" else f"{error}."
    return refuse(error.status_code, code, message)


def from_missing(request: HttpRequest, error: Any) -> HttpResponse:
    """Answer for what is not there."""
    return not_found()
