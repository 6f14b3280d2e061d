"""One home with its database for all tests of the web server, and one server for most of them."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections

from tests.integration.commands.program import Program
from tests.integration.web.proxies import DOMAIN
from tests.integration.web.server import Web, running_web

TOKEN = "a-token-of-the-tests-0123456789"


@pytest.fixture(scope="session")
def web_program() -> Iterator[Program]:
    """The program in a home whose database runs."""
    # pytest's own directories are closed to the user that PostgreSQL runs as under root
    directory = Path(tempfile.mkdtemp(prefix="rollcall-test-")).resolve()
    directory.chmod(0o755)
    program = Program(directory / "home")
    try:
        with program.database():
            yield program
            connections.close_all()
    finally:
        shutil.rmtree(directory)


@pytest.fixture(scope="session")
def web(web_program: Program) -> Iterator[Web]:
    """A web server for all comers with a self-signed certificate; tests leave it as it is."""
    with running_web(web_program, host="0.0.0.0") as web:
        yield web


@pytest.fixture(scope="session")
def guarded(web_program: Program) -> Iterator[Web]:
    """A web server without HTTPS, which asks for a token; tests leave it as it is."""
    settings = {"metrics_token": TOKEN, "web_domain": DOMAIN}
    with running_web(web_program, host="0.0.0.0", https=False, **settings) as web:
        yield web
