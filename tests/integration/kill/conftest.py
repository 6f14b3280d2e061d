"""One company for all that is killed, and what its first run comes to when nobody kills it."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rollcall.host.postgres import stop_database
from tests.integration.commands.program import CLOUD, Program, cloud_settings
from tests.integration.kill.company import PAGES, SLOW, SLUG, SPEC, Company, copy_home
from tests.simulator.control import Simulator
from tests.sites import ROLES, Tables


@dataclass(frozen=True)
class Undisturbed:
    """A first run that nobody killed: how many seconds it took, what it came to."""

    seconds: float
    tables: Tables


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """A tenant that is connected and was never synchronised, and a simulator of its own."""
    # pytest's own directories are closed to the user that PostgreSQL runs as under root
    directory = Path(tempfile.mkdtemp(prefix="rollcall-test-")).resolve()
    directory.chmod(0o755)
    try:
        with Simulator.started(tmp_path_factory.mktemp("m365sim")) as simulator:
            program = Program(directory / "home")
            yield _found_company(program, simulator, directory / "pristine")
            stop_database(program.environment, force=True)
    finally:
        shutil.rmtree(directory)


@pytest.fixture(scope="session")
def undisturbed(company: Company) -> Undisturbed:
    """The run that all others are compared with."""
    company.begin_anew()
    began = time.monotonic()
    company.program.done("sync", "run", SLUG)
    return Undisturbed(time.monotonic() - began, company.tables())


@pytest.fixture
def fresh(company: Company, undisturbed: Undisturbed) -> Company:
    """The company before its first run."""
    assert undisturbed.tables
    company.begin_anew()
    return company


def _found_company(program: Program, simulator: Simulator, pristine: Path) -> Company:
    simulator.set(**PAGES, **SLOW)
    directory = simulator.add_directory(SPEC)
    application = directory.applications[0]
    application.set_roles(*ROLES)
    program.home.mkdir()
    (program.home / "rollcall.toml").write_text(cloud_settings(simulator))
    with program.database():
        _connect_tenant(program, directory.directory_id, application.application_id)
    certificate = program.home / "public_key.pem"
    application.upload(certificate.read_text())
    copy_home(program.home, pristine)
    return Company(program, simulator, directory, pristine)


def _connect_tenant(program: Program, directory_id: str, application_id: str) -> None:
    program.done(
        *("tenant", "add", SLUG, "--name", "Contoso", "--sip-domain", "contoso.example"),
        *("--time-zone", "Europe/Berlin", "--country", "DE"),
    )
    program.done(
        *("m365", "set", SLUG, "--application-id", application_id),
        *("--directory-id", directory_id, "--cloud", CLOUD, "--start", "2000"),
        *("--personal-contacts", "on", "--company-contacts", "on"),
    )
    program.done("m365", "key", "new", SLUG, "--out", str(program.home / "public_key.pem"))
