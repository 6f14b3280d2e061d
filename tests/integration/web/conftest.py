"""One home with its database for all tests of the web server, and one server for most of them."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections

from tests.integration.commands.program import Program
from tests.integration.web.server import Web, running_web


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
    """A web server with a self-signed certificate, for tests that leave it as it is."""
    with running_web(web_program) as web:
        yield web
