"""What the pages of the web server know of their machine: it comes with each request."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.http import HttpRequest

from rollcall.environment import Environment

KEY: Final = "rollcall.context"
"""Under this name it stands in the WSGI environ."""


@dataclass(frozen=True, slots=True)
class WebContext:
    """The machine, its database, and when the certificate that is served expires."""

    environment: Environment
    conninfo: str = field(repr=False)
    certificate_ends: datetime | None = None


def context_of(request: HttpRequest) -> WebContext:
    """Return what came with the request."""
    context = request.META[KEY]
    if not isinstance(context, WebContext):
        raise TypeError(f"{KEY} is not a context")
    return context
