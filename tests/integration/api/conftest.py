"""Programs that use the API."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from rollcall.access.operations import make_token
from rollcall.access.scopes import OF_SYSTEM, OF_TENANT, Scope
from rollcall.config.wsgi import prepare_pages
from rollcall.wiring.machine import Machine, utc_now
from tests.integration.portal.conftest import make_client, nobody, sign_in

__all__ = ["nobody", "sign_in"]

API = "/api/v1"


class Program:
    """A program with a token: program.get("/extensions") is its status and its JSON."""

    def __init__(self, client: Client, token: str) -> None:
        self.client = client
        self.token = token

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a request; return the answer as it is."""
        headers = {"Authorization": f"Bearer {self.token}", **headers}
        options: dict[str, Any] = {"headers": headers}
        if body is not None:
            options |= {"data": body, "content_type": "application/json"}
        return getattr(self.client, method.lower())(API + path, **options)

    def _pair(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        answer = self.ask(method, path, body)
        return answer.status_code, answer.json()

    def get(self, path: str) -> tuple[int, Any]:
        """Read something."""
        return self._pair("GET", path)

    def post(self, path: str, body: Any = None) -> tuple[int, Any]:
        """Make or do something."""
        return self._pair("POST", path, body)

    def patch(self, path: str, body: Any) -> tuple[int, Any]:
        """Change something."""
        return self._pair("PATCH", path, body)

    def delete(self, path: str) -> tuple[int, Any]:
        """Delete something."""
        return self._pair("DELETE", path)

    def all(self, path: str) -> list[Any]:
        """Return all of a list, page by page."""
        items: list[Any] = []
        mark = "&" if "?" in path else "?"
        after = ""
        while True:
            status, page = self.get(f"{path}{mark}after={after}" if after else path)
            assert status == 200, page
            items += page["items"]
            after = page["next"]
            if after is None:
                return items


MakeProgram = Callable[..., Program]


@pytest.fixture
def program(machine: Machine) -> MakeProgram:
    """Make a program: program(tenant_id, Scope.READ), with all scopes unless some are named."""
    prepare_pages(machine.environment)

    def made(tenant_id: int | None, *scopes: Scope) -> Program:
        every = OF_TENANT if tenant_id is not None else OF_SYSTEM
        _, token = make_token(
            tenant_id,
            name="Test",
            scopes=tuple(scopes or every),
            days=1,
            actor="test",
            now=utc_now(),
        )
        return Program(make_client(machine), token)

    return made
