"""A PostgreSQL server of one's own, by ROLLCALL_DATABASE_URL: the same program, the same rows."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from rollcall.host.cluster import find_cluster
from tests.integration.commands.program import CLOUD, Program
from tests.integration.faults.outcomes import assert_same
from tests.integration.server.cluster import PASSWORD, Cluster
from tests.integration.server.conftest import program_with
from tests.integration.test_isolation import CLOSED
from tests.simulator.control import Directory
from tests.sites import Tables, read_tables

NEWS = ("created", "linked", "changed", "blocked", "released", "returned")
SLUGS = ("first", "second")
RIGHTS = (
    "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles "
    "WHERE rolname = current_user"
)
FOREIGN = """
    INSERT INTO telephony_extension (tenant_id, number, state, source, blocked_reason, version,
        principal_name, first_name, last_name, display_name, email, mobile_phone, business_phone,
        job_title, department, office, company)
    VALUES (%s, 4711, 'active', 'local', '', 1, '', '', '', 'x', '', '', '', '', '', '', '')
"""


@pytest.fixture(scope="module")
def synchronised(program: Program, directory: Directory) -> Program:
    """The program after the first run of a tenant."""
    connect_tenant(program, directory, SLUGS[0])
    run = program.asked("sync", "run", SLUGS[0])
    assert run["state"] == "applied", run
    assert run["counts"]["users"]["created"] > 30
    assert run["counts"]["personal-contacts"]["created"] > 100
    assert run["counts"]["company-contacts"]["created"] > 0
    assert run["counts"]["photos"]["created"] > 10
    return program


@pytest.fixture(scope="module")
def tables(synchronised: Program, owner: str) -> Tables:
    """What one tenant's first run wrote into the server."""
    return read_tables(owner)


@pytest.fixture(scope="module")
def owner(cluster: Cluster) -> str:
    """The database as the program sees it."""
    return cluster.address("rollcall", password=PASSWORD)


@pytest.fixture(scope="module")
def two_tenants(synchronised: Program, directory: Directory, tables: Tables) -> Program:
    """The program after the first run of a second tenant, of the same directory."""
    connect_tenant(synchronised, directory, SLUGS[1])
    synchronised.done("sync", "run", SLUGS[1])
    return synchronised


@pytest.fixture
def web(two_tenants: Program, cluster: Cluster) -> Iterator[psycopg.Connection]:
    """A connection as the web's role, which has not set its scope."""
    with psycopg.connect(cluster.address("rollcall_web")) as connection:
        yield connection


def connect_tenant(program: Program, directory: Directory, slug: str) -> None:
    application = directory.applications[0]
    program.done(
        *("tenant", "add", slug, "--name", slug.title(), "--sip-domain", f"{slug}.example"),
        *("--time-zone", "Europe/Berlin", "--country", "DE"),
    )
    program.done(
        *("m365", "set", slug, "--application-id", application.application_id),
        *("--directory-id", directory.directory_id, "--cloud", CLOUD, "--start", "2000"),
        *("--personal-contacts", "on", "--company-contacts", "on"),
    )
    certificate = program.home / f"{slug}.pem"
    program.done("m365", "key", "new", slug, "--out", str(certificate))
    application.upload(certificate.read_text())


def test_the_first_command_makes_the_tables_there_and_no_embedded_database(
    program: Program,
) -> None:
    report = program.asked("doctor")

    assert report["ok"]
    found = {each["step"]: each["message"] for each in report["findings"]}
    assert "as database_url says" in found["database"]
    assert found["tables"] == "Up to date."
    assert find_cluster(program.home) is None


def test_a_role_without_any_special_right_is_enough(program: Program, owner: str) -> None:
    program.done("doctor")

    with psycopg.connect(owner) as connection:
        assert connection.execute(RIGHTS).fetchone() == (False, False, False, False)


def test_the_rows_are_those_that_the_embedded_database_gets(
    tables: Tables, directory: Directory, new_home: Callable[[str], Path]
) -> None:
    embedded = Program(new_home("embedded"))
    connect_tenant(embedded, directory, SLUGS[0])
    embedded.done("sync", "run", SLUGS[0])

    with embedded.database() as conninfo:
        assert_same(tables, read_tables(conninfo))


def test_a_second_run_changes_nothing(synchronised: Program, tables: Tables, owner: str) -> None:
    run = synchronised.asked("sync", "run", SLUGS[0])

    assert run["state"] == "applied"
    assert not any(counts[each] for counts in run["counts"].values() for each in NEWS)
    assert_same(read_tables(owner), tables)


def test_the_webs_role_sees_nothing_until_its_scope_is_set(web: psycopg.Connection) -> None:
    assert not any(_visible(web, table) for table in _tables(web))


@pytest.mark.parametrize("slug", SLUGS)
def test_the_webs_role_sees_the_rows_of_its_tenant_alone(
    web: psycopg.Connection, owner: str, slug: str
) -> None:
    tenant = _enter_tenant(web, owner, slug)

    with psycopg.connect(owner) as connection:
        people = connection.execute(
            "SELECT number FROM telephony_extension WHERE tenant_id = %s", [tenant]
        ).fetchall()
    assert len(people) > 30
    assert sorted(web.execute("SELECT number FROM telephony_extension")) == sorted(people)
    for table in _tables(web):
        column = "id" if table == "tenants_tenant" else "tenant_id"
        assert (
            web.execute(f"SELECT {column} FROM {table} WHERE {column} <> {tenant}").fetchall() == []
        )


def test_the_webs_role_sees_nobodys_own_contacts_but_the_owners(
    web: psycopg.Connection, owner: str
) -> None:
    _enter_tenant(web, owner, SLUGS[0])

    holders = web.execute("SELECT DISTINCT holder FROM phonebook_contact").fetchall()

    assert holders == [(0,)]


def test_the_webs_role_cannot_write_into_another_tenant(
    web: psycopg.Connection, owner: str
) -> None:
    stranger = _enter_tenant(web, owner, SLUGS[1])
    _enter_tenant(web, owner, SLUGS[0])

    changed = web.execute(
        "UPDATE telephony_extension SET display_name = 'x' WHERE tenant_id = %s", [stranger]
    )

    assert changed.rowcount == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        web.execute(FOREIGN, [stranger])


def test_without_the_two_roles_and_the_right_to_make_them_it_says_so(
    empty_cluster: Cluster, program: Program
) -> None:
    empty_cluster.tell(
        f"CREATE ROLE plain LOGIN PASSWORD '{PASSWORD}'", "CREATE DATABASE plain OWNER plain"
    )
    plain = program_with(program.home, empty_cluster.address("plain", "plain", PASSWORD))

    ended = plain.run("doctor")

    assert ended.code == 1
    assert "may create roles" in ended.err
    assert "Traceback" not in ended.err


def test_a_role_that_was_not_granted_the_two_is_told_the_statement(
    cluster: Cluster, program: Program
) -> None:
    cluster.tell(
        f"CREATE ROLE outsider LOGIN PASSWORD '{PASSWORD}'",
        "CREATE DATABASE outsider OWNER outsider",
    )
    outsider = program_with(program.home, cluster.address("outsider", "outsider", PASSWORD))

    ended = outsider.run("doctor")

    assert ended.code == 1
    assert "GRANT rollcall_web, rollcall_system, rollcall_switch TO" in ended.err
    assert "Traceback" not in ended.err


def test_a_role_that_may_make_roles_makes_the_two_by_itself(
    empty_cluster: Cluster, program: Program
) -> None:
    empty_cluster.tell(
        f"CREATE ROLE founder LOGIN CREATEROLE PASSWORD '{PASSWORD}'",
        "CREATE DATABASE founder OWNER founder",
    )
    founder = program_with(program.home, empty_cluster.address("founder", "founder", PASSWORD))

    assert founder.asked("doctor")["ok"]

    with psycopg.connect(empty_cluster.address("rollcall_web", "founder")) as connection:
        assert connection.execute(RIGHTS).fetchone() == (False, False, False, False)
        assert _visible(connection, "telephony_extension") == 0


@pytest.mark.parametrize(
    ("role", "database", "password"),
    [
        pytest.param("rollcall", "rollcall", "a wrong one", id="wrong password"),
        pytest.param("rollcall", "nothing", PASSWORD, id="no such database"),
    ],
)
def test_a_server_that_refuses_is_a_sentence_without_the_password(
    cluster: Cluster, program: Program, role: str, database: str, password: str
) -> None:
    refused = program_with(program.home, cluster.address(role, database, password))

    ended = refused.run("doctor")

    assert ended.code == 1
    assert ended.err.startswith("Error: The database does not answer")
    assert password not in ended.err
    assert password.replace(" ", "%20") not in ended.err
    assert "Traceback" not in ended.err


def _enter_tenant(web: psycopg.Connection, owner: str, slug: str) -> int:
    """Set the scope of a connection to a tenant; return the tenant's id."""
    with psycopg.connect(owner) as connection:
        row = connection.execute("SELECT id FROM tenants_tenant WHERE slug = %s", [slug]).fetchone()
    assert row is not None
    web.execute("SELECT set_config('app.tenant', %s, true)", [str(row[0])])
    return int(row[0])


def _tables(connection: psycopg.Connection) -> list[str]:
    rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return [name for (name,) in rows if name not in CLOSED]


def _visible(connection: psycopg.Connection, table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0]) if row else 0
