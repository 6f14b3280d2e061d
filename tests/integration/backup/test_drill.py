"""The drill: a company is brought back in another home, and its sync goes on where it was."""

from collections.abc import Callable

from tests.integration.backup.homes import Company, Home, rows, tell
from tests.integration.commands.program import await_end
from tests.integration.faults.outcomes import assert_same
from tests.integration.host.machine import wait_until
from tests.sites import read_tables

NEWS = ("created", "linked", "changed", "blocked", "released", "returned")
WALLS = {
    "policies": "SELECT tablename, policyname, roles::text, cmd, qual, with_check FROM pg_policies",
    "security": "SELECT relname, relrowsecurity, relacl::text FROM pg_class "
    "WHERE relnamespace = 'public'::regnamespace",
    "columns": "SELECT attrelid::regclass::text, attname, attacl::text FROM pg_attribute "
    "WHERE attacl IS NOT NULL AND attrelid::regclass::text NOT LIKE 'pg_%'",
    "constraints": "SELECT conrelid::regclass::text, conname, confrelid::regclass::text, "
    "confdeltype, condeferrable, convalidated, "
    "CASE contype WHEN 'c' THEN '' ELSE pg_get_constraintdef(oid) END "
    "FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
    "indexes": "SELECT split_part(indexdef, ' WHERE ', 1), indexdef LIKE '% WHERE %' "
    "FROM pg_indexes WHERE schemaname = 'public'",
    "triggers": "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "functions": "SELECT proname, pg_get_functiondef(oid), proacl::text FROM pg_proc "
    "WHERE pronamespace = 'public'::regnamespace",
    "storage": "SELECT attrelid::regclass::text, attname, attstorage FROM pg_attribute a "
    "JOIN pg_class c ON c.oid = a.attrelid "
    "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND NOT a.attisdropped",
    "usage": "SELECT r.rolname, has_schema_privilege(r.oid, 'public', 'USAGE') FROM pg_roles r "
    "WHERE r.rolname LIKE 'rollcall%'",
    "members": "SELECT roleid::regrole::text, member::regrole::text FROM pg_auth_members "
    "WHERE roleid::regrole::text LIKE 'rollcall%'",
    "sorting": "SELECT datcollate, datctype, datlocprovider, pg_encoding_to_char(encoding) "
    "FROM pg_database WHERE datname = current_database()",
}
"""What stands between tenants and keeps rows right, as the catalogue tells it. (PostgreSQL writes
the casts in a condition another way when it has read its own writing.)"""


def test_a_company_goes_on_in_another_home_where_it_was(
    company: Company, new_home: Callable[[str], Home]
) -> None:
    other = new_home("first")
    before_people = company.office.asked("extensions", "list", company.slug)

    restored = other.asked("restore", company.backup, "--keys", company.key_file)
    assert_same(other.tables(), company.tables)
    since = other.simulator.last_request()
    unchanged = other.asked("sync", "run", company.slug)
    asked = [each.path for each in other.simulator.requests(since=since, host="graph")]
    at_home = company.office.asked("sync", "run", company.slug)
    person = before_people[0]["directory_object_id"]
    company.site.directory.change(
        {"op": "update_user", "user": person, "set": {"surname": "Newton"}}
    )
    changed = other.asked("sync", "run", company.slug)

    assert restored["backup"]["extensions"] == len(before_people)
    assert restored["keys_taken"] == [need["name"] for need in restored["backup"]["keys"]]
    assert other.key_file.stat().st_mode & 0o777 == 0o600
    assert unchanged["state"] == "applied"
    assert not any(counts[each] for counts in unchanged["counts"].values() for each in NEWS)
    assert len([path for path in asked if "/users/delta" in path]) == 1
    assert unchanged["requests"] == at_home["requests"]
    assert changed["counts"]["users"]["changed"] == 1
    assert "Newton" in str(other.asked("extensions", "list", company.slug))
    assert [run["state"] for run in other.asked("sync", "runs", company.slug)] == ["applied"] * 3


def test_a_restored_database_has_every_wall_that_a_new_one_has(
    other: Home, new_home: Callable[[str], Home]
) -> None:
    fresh = new_home("fresh")
    fresh.done("tenant", "list")

    with fresh.database() as wanted, other.database() as found:
        for what, query in WALLS.items():
            assert sorted(map(str, rows(found, query))) == sorted(map(str, rows(wanted, query))), (
                what
            )
        assert len(rows(found, WALLS["policies"])) > 20
        assert len(rows(found, WALLS["members"])) >= 2


def test_what_went_on_at_the_moment_of_the_backup_is_closed(company: Company, other: Home) -> None:
    file = company.backup.with_name("moment.backup")
    site = company.site
    office = company.office
    office.simulator.set(directory_latency_ms=300)
    run = office.program.start("sync", "run", site.slug)
    going_on = "SELECT id FROM integrations_syncrun WHERE state = 'running'"
    wait_until(lambda: bool(rows(office.conninfo, going_on)))
    tell(
        office.conninfo,
        "INSERT INTO fleet_process (id, kind, host, pid, version) "
        "VALUES (gen_random_uuid(), 'web', 'here', 1, '0.0.9')",
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args, priority) "
        "VALUES ('quick', 'rollcall.carry_out', '{}', 1)",
        "INSERT INTO procrastinate_workers DEFAULT VALUES",
        "INSERT INTO integrations_schedule (integration_id, tenant_id, time, zone, slot_at, "
        "next_at) SELECT id, tenant_id, '00:00', 'Europe/Berlin', now(), now() "
        "FROM integrations_integration",
    )

    office.done("backup", file)
    ended = await_end(run)
    office.simulator.set(directory_latency_ms=0)
    restored = other.asked("restore", file, "--replace")
    runs = other.asked("sync", "runs", site.slug)

    assert ended.code == 0, "a backup stands in nobody's way"
    assert restored["interrupted_runs"] == 1
    assert (runs[0]["state"], runs[0]["error"]["code"]) == ("failed", "interrupted")
    for table in ("procrastinate_jobs", "procrastinate_workers", "fleet_process"):
        assert other.rows(f"SELECT FROM {table}") == [], table
    assert len(other.rows("SELECT FROM integrations_schedule")) == 1
    assert other.asked("sync", "run", site.slug)["state"] == "applied"
    tell(office.conninfo, "DELETE FROM fleet_process", "DELETE FROM procrastinate_jobs")


def test_both_ends_stand_in_the_audit_log(company: Company, other: Home) -> None:
    file = company.backup.with_name("audit.backup")
    company.office.done("backup", file)
    other.done("restore", file, "--replace")
    query = (
        "SELECT action, subject, actor LIKE 'shell:%', tenant_id FROM audit_auditentry "
        "WHERE action LIKE 'backup.%' ORDER BY id DESC LIMIT 1"
    )

    made = rows(company.office.conninfo, query)
    restored = other.rows(query)

    assert made == [("backup.made", "audit.backup", True, None)]
    assert restored == [("backup.restored", "audit.backup", True, None)]


def test_the_present_company_gives_way_to_the_restored_one_when_told_to(
    company: Company, other: Home
) -> None:
    other.done("tenant", "delete", company.slug, "--yes")
    _add_tenant(other, "newcomer")

    refusal = other.refused("restore", company.backup)
    kept = other.asked("tenant", "list")
    other.done("restore", company.backup, "--replace")

    assert "The database is not empty" in refusal
    assert [tenant["slug"] for tenant in kept] == ["newcomer"]
    assert [tenant["slug"] for tenant in other.asked("tenant", "list")] == [company.slug]
    with other.database() as conninfo:
        assert_same(read_tables(conninfo), company.tables)
        names = {name for (name,) in rows(conninfo, "SELECT datname FROM pg_database")}
    assert names == {"postgres", "rollcall", "template0", "template1"}


def _add_tenant(home: Home, slug: str) -> None:
    home.done(
        *("tenant", "add", slug, "--name", slug, "--sip-domain", f"{slug}.example"),
        *("--time-zone", "Europe/Berlin", "--country", "DE"),
    )
