"""SQL for the walls between tenants: roles, row-level security, composite foreign keys.

Used by the apps' migrations only. The role that owns the tables (the sync and the commands) is
not bound by the policies, because COPY refuses tables whose policies bind the role; composite
foreign keys carry the tenant there. The web's role sees the rows of the tenant in `app.tenant`,
nothing when it is unset; the system role sees listed columns of listed tables of all tenants.
"""

from collections.abc import Sequence

from django.db.migrations import RunSQL

WEB_ROLE = "rollcall_web"
SYSTEM_ROLE = "rollcall_system"

_TENANT = "NULLIF(current_setting('app.tenant', true), '')::bigint"
_OWNER = "NULLIF(current_setting('app.owner', true), '')::bigint"


def create_roles() -> RunSQL:
    """Create the two bound roles. Roles belong to the server, so another database may have them."""
    statements = "\n".join(
        f"""
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
                CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END;
        GRANT USAGE ON SCHEMA public TO {role};
        """
        for role in (WEB_ROLE, SYSTEM_ROLE)
    )
    return RunSQL(f"DO $roles$ BEGIN {statements} END $roles$;", RunSQL.noop)


def isolate(
    table: str, *, tenant: str = "tenant_id", holder: bool = False, part_of: str = ""
) -> RunSQL:
    """Let the web's role see only its tenant's rows of `table`.

    With `holder`, rows that an extension holds are seen by the extension in `app.owner` alone;
    `part_of` is a condition on another table, whose own policy then decides.
    """
    owned = f" AND (holder = 0 OR holder = {_OWNER})" if holder else ""
    partly = f" AND EXISTS (SELECT FROM {part_of})" if part_of else ""
    condition = f"{tenant} = {_TENANT}{owned}{partly}"
    bounds = f"USING ({condition}) WITH CHECK ({condition})"
    return RunSQL(
        [
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"CREATE POLICY tenant_scope ON {table} TO {WEB_ROLE} {bounds}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {WEB_ROLE}",
        ],
        RunSQL.noop,
    )


def show_to_system(table: str, *columns: str, rows: str = "true") -> RunSQL:
    """Let the system role read `columns` of every tenant's rows of `table`, or of some `rows`."""
    return RunSQL(
        [
            f"GRANT SELECT ({', '.join(columns)}) ON {table} TO {SYSTEM_ROLE}",
            f"CREATE POLICY all_tenants ON {table} FOR SELECT TO {SYSTEM_ROLE} USING ({rows})",
        ],
        RunSQL.noop,
    )


def grant_to_system(table: str, *columns: str) -> RunSQL:
    """Let the system role read more columns of a table that it sees."""
    return RunSQL(
        f"GRANT SELECT ({', '.join(columns)}) ON {table} TO {SYSTEM_ROLE}",
        RunSQL.noop,
    )


def close_to_web(table: str, *columns: str) -> RunSQL:
    """Keep a table that is no tenant's from the web's role; the system role reads `columns`."""
    seen = [
        f"GRANT SELECT ({', '.join(columns)}) ON {table} TO {SYSTEM_ROLE}",
        f"CREATE POLICY all_tenants ON {table} FOR SELECT TO {SYSTEM_ROLE} USING (true)",
    ]
    return RunSQL(
        [f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY", *(seen if columns else ())],
        RunSQL.noop,
    )


def act_as_roles() -> RunSQL:
    """Let the role that owns the tables become the bound ones for a transaction (SET ROLE).

    Where a superuser made the roles only a superuser can do that: it was done, or this fails.
    """
    return RunSQL(
        f"""
        DO $act$ BEGIN
            GRANT {WEB_ROLE}, {SYSTEM_ROLE} TO CURRENT_USER;
        EXCEPTION WHEN insufficient_privilege THEN
            SET LOCAL ROLE {WEB_ROLE};
            RESET ROLE;
            SET LOCAL ROLE {SYSTEM_ROLE};
            RESET ROLE;
        END $act$;
        """,
        RunSQL.noop,
    )


def hide_column(table: str, column: str) -> RunSQL:
    """Take `column` of `table` out of what the web's role can read."""
    return RunSQL(
        [
            f"REVOKE SELECT ON {table} FROM {WEB_ROLE}",  # noqa: S608 - names from migrations
            (_GRANT_OTHERS, [table, WEB_ROLE, table, column]),
        ],
        RunSQL.noop,
    )


_GRANT_OTHERS = """
DO $hide$ BEGIN EXECUTE (
    SELECT format('GRANT SELECT (%%s) ON %%I TO %%I',
        string_agg(quote_ident(attname), ', '), %s, %s)
    FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attname <> %s
); END $hide$;
"""


def store_as_is(table: str, column: str) -> RunSQL:
    """Keep the bytes of `column` as they are: pictures and packed plans do not compress."""
    return RunSQL(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL", RunSQL.noop)


def only_insert(table: str) -> RunSQL:
    """Take from the web's role what would let it rewrite history."""
    return RunSQL(f"REVOKE UPDATE, DELETE ON {table} FROM {WEB_ROLE}", RunSQL.noop)


def count_versions(table: str) -> RunSQL:
    """Let `version` grow with every update, whoever makes it."""
    return RunSQL(
        f"""
        CREATE FUNCTION {table}_count_version() RETURNS trigger LANGUAGE plpgsql AS
        $count$ BEGIN NEW.version := OLD.version + 1; RETURN NEW; END $count$;
        CREATE TRIGGER {table}_count_version BEFORE UPDATE ON {table}
            FOR EACH ROW EXECUTE FUNCTION {table}_count_version();
        """,
        f"DROP FUNCTION {table}_count_version CASCADE",
    )


def grant_sequences() -> RunSQL:
    """Let the web's role insert rows whose ids come from a sequence."""
    return RunSQL(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {WEB_ROLE}", RunSQL.noop)


def belongs_to_tenant(table: str) -> RunSQL:
    """Point `tenant_id` of `table` at the tenant, and let the rows go with it."""
    return RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_tenant FOREIGN KEY (tenant_id) "
        "REFERENCES tenants_tenant (id) ON DELETE CASCADE",
        RunSQL.noop,
    )


def tenant_key(table: str, column: str = "id") -> RunSQL:
    """Make (tenant, id) a key that other tables' foreign keys can point at."""
    return RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_tenant_key UNIQUE (tenant_id, {column})",
        RunSQL.noop,
    )


def tenant_reference(
    table: str,
    columns: Sequence[str],
    target: str,
    target_columns: Sequence[str] = ("id",),
    *,
    on_delete: str = "CASCADE",
) -> RunSQL:
    """Point (tenant, columns) of `table` at `target`, so that no row refers across tenants."""
    name = f"{table}_{'_'.join(columns)}_in_tenant"
    return RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} "
        f"FOREIGN KEY (tenant_id, {', '.join(columns)}) "
        f"REFERENCES {target} (tenant_id, {', '.join(target_columns)}) ON DELETE {on_delete}",
        RunSQL.noop,
    )
