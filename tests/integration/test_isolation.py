"""The walls between tenants stand in PostgreSQL, and were tried."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.integration.conftest import MakeSite
from tests.sites import Site

NOT_A_TENANTS = {"django_migrations", "tenants_tenant"}
INSERT = """
    INSERT INTO telephony_extension (tenant_id, number, state, source, blocked_reason, version,
        principal_name, first_name, last_name, display_name, email, mobile_phone, business_phone,
        job_title, department, office, company)
    VALUES ({other}, 4711, 'active', 'local', '', 1, '', '', '', 'x', '', '', '', '', '', '', '')
"""
MOVE = "UPDATE telephony_extension SET tenant_id = {other}"
COMPANY_FOLDERS = " AND book_id IN (SELECT id FROM phonebook_addressbook WHERE holder = 0)"
CLOSED = {
    "accounts_attempt",
    "accounts_credential",
    "accounts_onetimelink",
    "accounts_session",
    "accounts_spentstate",
    "calling_switchcount",
    "django_migrations",
    "fleet_process",
    "integrations_runtally",
    "mail_mailserver",
    "mail_outgoingmail",
    "mail_providerline",
    "procrastinate_events",
    "procrastinate_jobs",
    "procrastinate_periodic_defers",
    "procrastinate_workers",
}
"""Tables that are no tenant's: the web's role cannot touch them."""

HIDDEN = {
    "access_token": "digest",
    "calling_device": "ha1",
    "calling_line": "ha1",
    "integrations_heldplan": "plan",
}


@pytest.fixture
def two_tenants(new_site: MakeSite) -> tuple[Site, Site]:
    """Two tenants, each with people, photos and contacts."""
    spec = "people:20:3,shared=1"
    return tuple(  # type: ignore[return-value]  # two of them
        _synchronised(new_site(f"{spec},name={slug}", slug=slug, personal_contacts=True))
        for slug in ("first", "second")
    )


def _synchronised(site: Site) -> Site:
    site.set(company_contacts=True)
    site.sync()
    return site


@pytest.fixture
def web(conninfo: str) -> Iterator[psycopg.Connection]:
    """A connection as the web's role, which has not set its scope."""
    with psycopg.connect(make_conninfo(conninfo, user="rollcall_web")) as connection:
        yield connection


def tables(connection: psycopg.Connection) -> list[str]:
    """Return the tables whose rows are tenants'."""
    return [name for name in all_tables(connection) if name not in CLOSED]


def all_tables(connection: psycopg.Connection) -> list[str]:
    rows = connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    )
    return [name for (name,) in rows]


def visible(connection: psycopg.Connection, table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0]) if row else 0


def scope(connection: psycopg.Connection, tenant: int | str, owner: int | str = "") -> None:
    connection.execute("SELECT set_config('app.tenant', %s, true)", [str(tenant)])
    connection.execute("SELECT set_config('app.owner', %s, true)", [str(owner)])


def test_every_table_has_row_level_security(conninfo: str) -> None:
    with psycopg.connect(conninfo) as connection:
        open_tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND NOT relrowsecurity "
            "AND relnamespace = 'public'::regnamespace"
        ).fetchall()
    assert open_tables == [("django_migrations",)]


def test_what_is_no_tenants_is_closed_to_the_web(conninfo: str, web: psycopg.Connection) -> None:
    with psycopg.connect(conninfo) as owner:
        closed = [name for name in all_tables(owner) if name in CLOSED]
    assert set(closed) == CLOSED
    for table in closed:
        with pytest.raises(psycopg.errors.InsufficientPrivilege), web.transaction():
            visible(web, table)


def test_every_row_names_its_tenant_in_its_foreign_keys(conninfo: str) -> None:
    with psycopg.connect(conninfo) as connection:
        keys = connection.execute(
            "SELECT c.conname, (SELECT array_agg(a.attname::text) FROM pg_attribute a "
            " WHERE a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey)) "
            "FROM pg_constraint c WHERE c.contype = 'f' "
            "AND c.conrelid::regclass::text <> ALL (%s)",
            [list(CLOSED)],
        ).fetchall()
    assert len(keys) > 20
    assert [name for name, columns in keys if "tenant_id" not in columns] == []


def test_a_connection_that_forgets_its_scope_sees_nothing(
    two_tenants: tuple[Site, Site], web: psycopg.Connection
) -> None:
    seen = {table: visible(web, table) for table in tables(web)}
    assert len(seen) > 15
    assert {table: count for table, count in seen.items() if count} == {}


def test_a_scope_shows_its_tenants_rows_and_no_others(
    two_tenants: tuple[Site, Site], web: psycopg.Connection, conninfo: str
) -> None:
    first, second = two_tenants
    with psycopg.connect(conninfo) as owner:
        for site in (first, second):
            scope(web, site.tenant.id)
            for table in tables(web):
                column = "id" if table == "tenants_tenant" else "tenant_id"
                wanted = f"SELECT count(*) FROM {table} WHERE {column} = {site.tenant.id}"
                if table == "phonebook_bookfolder":
                    wanted += COMPANY_FOLDERS
                elif table.startswith("phonebook_"):
                    wanted += " AND holder = 0"
                row = owner.execute(wanted).fetchone()
                assert row is not None
                assert visible(web, table) == row[0], table


def test_personal_contacts_show_to_their_owner_alone(
    two_tenants: tuple[Site, Site], web: psycopg.Connection, conninfo: str
) -> None:
    first, second = two_tenants
    with psycopg.connect(conninfo) as connection:
        row = connection.execute(
            "SELECT holder, count(*) FROM phonebook_contact WHERE tenant_id = %s "
            "AND holder <> 0 GROUP BY 1 ORDER BY 2 DESC LIMIT 1",
            [first.tenant.id],
        ).fetchone()
    assert row is not None
    owner, count = row
    query = "SELECT count(*) FROM phonebook_contact WHERE holder <> 0"

    scope(web, first.tenant.id, owner)
    own = web.execute(query).fetchone()
    scope(web, first.tenant.id)
    nobody = web.execute(query).fetchone()
    scope(web, second.tenant.id, owner)
    stranger = web.execute(query).fetchone()

    assert (own, nobody, stranger) == ((count,), (0,), (0,))


@pytest.mark.parametrize("statement", [INSERT, MOVE], ids=["insert", "move"])
def test_a_row_cannot_be_put_into_another_tenant(
    two_tenants: tuple[Site, Site], web: psycopg.Connection, statement: str
) -> None:
    first, second = two_tenants
    scope(web, first.tenant.id)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        web.execute(statement.format(other=second.tenant.id))


def test_another_tenants_rows_cannot_be_changed_or_deleted(
    two_tenants: tuple[Site, Site], web: psycopg.Connection
) -> None:
    first, second = two_tenants
    scope(web, first.tenant.id)
    changed = web.execute(
        "UPDATE telephony_extension SET display_name = 'x' WHERE tenant_id = %s",
        [second.tenant.id],
    )
    deleted = web.execute(
        "DELETE FROM telephony_extension WHERE tenant_id = %s", [second.tenant.id]
    )
    assert (changed.rowcount, deleted.rowcount) == (0, 0)


def test_a_reference_across_tenants_is_refused_even_to_the_owner_of_the_tables(
    two_tenants: tuple[Site, Site], conninfo: str
) -> None:
    first, second = two_tenants
    with psycopg.connect(conninfo) as connection:
        stranger = connection.execute(
            "SELECT id FROM telephony_extension WHERE tenant_id = %s LIMIT 1", [second.tenant.id]
        ).fetchone()
        assert stranger is not None
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            connection.execute(
                "INSERT INTO phonebook_addressbook (tenant_id, scope, mailbox, owner_id, status, "
                "shape) VALUES (%s, 'personal', 'm', %s, 'new', '')",
                [first.tenant.id, stranger[0]],
            )


def test_the_audit_log_is_only_added_to(
    two_tenants: tuple[Site, Site], web: psycopg.Connection
) -> None:
    scope(web, two_tenants[0].tenant.id)
    for statement in ("UPDATE audit_auditentry SET actor = 'x'", "DELETE FROM audit_auditentry"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), web.transaction():
            web.execute(statement)


@pytest.mark.parametrize(("table", "column"), HIDDEN.items())
def test_held_plans_are_not_readable_for_the_web(
    web: psycopg.Connection, table: str, column: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        web.execute(f"SELECT {column} FROM {table}")


def test_the_system_role_sees_listed_columns_of_all_tenants_and_nothing_else(
    two_tenants: tuple[Site, Site], conninfo: str
) -> None:
    with psycopg.connect(
        make_conninfo(conninfo, user="rollcall_system"), autocommit=True
    ) as system:
        slugs = system.execute("SELECT slug FROM tenants_tenant ORDER BY 1").fetchall()
        runs = system.execute("SELECT count(*) FROM integrations_syncrun").fetchone()
        assert slugs == [("first",), ("second",)]
        assert runs == (2,)
        system.execute("SELECT not_after FROM integrations_keypair")
        for refused in (
            "SELECT private_key FROM integrations_keypair",
            "SELECT application_id FROM integrations_integration",
            "SELECT * FROM telephony_extension",
            "SELECT * FROM phonebook_contact",
            "UPDATE tenants_tenant SET name = 'x'",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                system.execute(refused)


def test_deleting_a_tenant_leaves_nothing_of_it_and_all_of_the_other(
    two_tenants: tuple[Site, Site], conninfo: str
) -> None:
    first, second = two_tenants
    gone, stays = first.tenant.id, second.tenant.id
    with psycopg.connect(conninfo) as connection:
        before = _rows_of(connection, stays)
        connection.execute("DELETE FROM tenants_tenant WHERE id = %s", [gone])
        assert set(_rows_of(connection, gone).values()) == {0}
        assert _rows_of(connection, stays) == before
        assert sum(before.values()) > 100


def _rows_of(connection: psycopg.Connection, tenant: int) -> dict[str, int]:
    counts = {}
    for table in tables(connection):
        if table not in NOT_A_TENANTS:
            row = connection.execute(
                f"SELECT count(*) FROM {table} WHERE tenant_id = {tenant}"
            ).fetchone()
            counts[table] = int(row[0]) if row else 0
    return counts
