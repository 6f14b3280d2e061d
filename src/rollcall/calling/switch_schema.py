"""The schema `sip`: what the switch sees of the database, as SQL. For migrations.

Kamailio's modules read views with the columns that they expect, and keep what is theirs (where
phones are, calls in progress) in tables of their own form, named as they name them. Its role sees
this schema alone; that is a wall where Kamailio signs in under that role (host/switch_database.py),
and a guard against mistakes where the owner acts as it. Texts are varchar: its domain module
refuses TEXT, and a cast to varchar(n) would keep PostgreSQL from using an index.
"""

from django.db.migrations import RunSQL

from rollcall.tenants.isolation import WEB_ROLE

SWITCH_ROLE = "rollcall_switch"
SWITCH_SCHEMA = "sip"

_VERSIONS = {
    "version": 1,
    "location": 9,
    "location_attrs": 1,
    "dialog": 7,
    "dialog_vars": 1,
    "subscriber": 7,
    "domain": 2,
    "domain_attrs": 1,
    "dbaliases": 1,
    "acc": 5,
    "acc_cdrs": 2,
}
"""The forms of its tables that Kamailio 5.6 asks for."""


_KEPT = "sip.location, sip.location_attrs, sip.dialog, sip.dialog_vars"
"""What Kamailio writes and reads again."""


def create_switch_role() -> RunSQL:
    """Create the switch's role. Roles belong to the server, so another database may have it."""
    return RunSQL(
        f"""
        DO $role$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{SWITCH_ROLE}') THEN
                CREATE ROLE {SWITCH_ROLE} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $role$;
        DO $act$ BEGIN
            GRANT {SWITCH_ROLE} TO CURRENT_USER;
        EXCEPTION WHEN insufficient_privilege THEN
            SET LOCAL ROLE {SWITCH_ROLE};
            RESET ROLE;
        END $act$;
        """,
        RunSQL.noop,
    )


def create_switch_schema() -> RunSQL:
    """Create the schema, empty."""
    return RunSQL(
        f"""
        CREATE SCHEMA {SWITCH_SCHEMA};
        GRANT USAGE ON SCHEMA {SWITCH_SCHEMA} TO {SWITCH_ROLE}, {WEB_ROLE};
        """,
        RunSQL.noop,
    )


def create_switch_tables() -> RunSQL:
    """Create the tables that are Kamailio's own."""
    versions = ", ".join(f"('{name}', {version})" for name, version in _VERSIONS.items())
    return RunSQL(
        [
            _OWN_TABLES,
            f"INSERT INTO sip.version (table_name, table_version) VALUES {versions}",  # noqa: S608 - the names above
            f"GRANT SELECT ON sip.version, sip.domain_attrs TO {SWITCH_ROLE}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON {_KEPT} TO {SWITCH_ROLE}",
            f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA sip TO {SWITCH_ROLE}",
            *(_wall(table) for table in ("location", "location_attrs")),
        ],
        RunSQL.noop,
    )


def create_switch_views() -> RunSQL:
    """Create the views of tenants, of who may sign in, of who can be called, of numbers."""
    names = "sip.domain, sip.subscriber, sip.extension, sip.dbaliases, sip.claims"
    return RunSQL(
        [_VIEWS, f"GRANT SELECT ON {names} TO {SWITCH_ROLE}"],
        RunSQL.noop,
    )


def create_call_record() -> RunSQL:
    """Create the view that Kamailio writes calls that ended into; a trigger keeps them."""
    return RunSQL(
        [_RECORDS, f"GRANT INSERT, SELECT ON sip.acc_cdrs TO {SWITCH_ROLE}"],
        RunSQL.noop,
    )


def create_trunk_views() -> RunSQL:
    """Create what the trunks need: numbers found without their tenant, and a list that is empty.

    Kamailio's registrations at carriers work only with a table to begin with. This one holds
    nothing, because passwords come to its memory alone.
    """
    return RunSQL(
        [
            "CREATE INDEX calling_trunknumber_anywhere ON calling_trunknumber ((number::varchar))",
            _REGISTRATIONS,
            f"GRANT SELECT ON sip.uacreg TO {SWITCH_ROLE}",
            "INSERT INTO sip.version (table_name, table_version) VALUES ('uacreg', 5)",
        ],
        RunSQL.noop,
    )


def let_go_of_released() -> RunSQL:
    """Take phones, and the numbers of the trunk, from a person who was released."""
    return RunSQL(_RELEASED, "DROP FUNCTION calling_let_go CASCADE")


def _wall(table: str) -> str:
    """Let the web's role see where the phones of its own tenant are, and change nothing."""
    return f"""
    ALTER TABLE sip.{table} ENABLE ROW LEVEL SECURITY;
    CREATE POLICY switch ON sip.{table} TO {SWITCH_ROLE} USING (true) WITH CHECK (true);
    CREATE POLICY tenant_scope ON sip.{table} FOR SELECT TO {WEB_ROLE} USING (
        domain = (SELECT sip_domain FROM tenants_tenant
            WHERE id = NULLIF(current_setting('app.tenant', true), '')::bigint));
    GRANT SELECT ON sip.{table} TO {WEB_ROLE};
    """  # noqa: S608 - names from migrations


_OWN_TABLES = """
CREATE TABLE sip.version (
    id serial PRIMARY KEY, table_name varchar(32) UNIQUE NOT NULL,
    table_version integer DEFAULT 0 NOT NULL
);
CREATE TABLE sip.domain_attrs (
    id serial PRIMARY KEY, did varchar(253) NOT NULL, name varchar(32) NOT NULL,
    type integer NOT NULL, value varchar(255) NOT NULL, last_modified timestamp
);
CREATE TABLE sip.location (
    id serial PRIMARY KEY,
    ruid varchar(64) DEFAULT '' NOT NULL UNIQUE,
    username varchar(64) DEFAULT '' NOT NULL,
    domain varchar(253),
    contact varchar(512) DEFAULT '' NOT NULL,
    received varchar(128),
    path varchar(512),
    expires timestamp DEFAULT '2030-05-28 21:32:15' NOT NULL,
    q real DEFAULT 1.0 NOT NULL,
    callid varchar(255) DEFAULT 'Default-Call-ID' NOT NULL,
    cseq integer DEFAULT 1 NOT NULL,
    last_modified timestamp DEFAULT '2000-01-01 00:00:01' NOT NULL,
    flags integer DEFAULT 0 NOT NULL,
    cflags integer DEFAULT 0 NOT NULL,
    user_agent varchar(255) DEFAULT '' NOT NULL,
    socket varchar(64),
    methods integer,
    instance varchar(255),
    reg_id integer DEFAULT 0 NOT NULL,
    server_id integer DEFAULT 0 NOT NULL,
    connection_id integer DEFAULT 0 NOT NULL,
    keepalive integer DEFAULT 0 NOT NULL,
    partition integer DEFAULT 0 NOT NULL
);
CREATE INDEX location_account ON sip.location (domain, username, contact);
CREATE INDEX location_expires ON sip.location (expires);
CREATE INDEX location_connection ON sip.location (server_id, connection_id);
CREATE TABLE sip.location_attrs (
    id serial PRIMARY KEY,
    ruid varchar(64) DEFAULT '' NOT NULL,
    username varchar(64) DEFAULT '' NOT NULL,
    domain varchar(253),
    aname varchar(64) DEFAULT '' NOT NULL,
    atype integer DEFAULT 0 NOT NULL,
    avalue varchar(512) DEFAULT '' NOT NULL,
    last_modified timestamp DEFAULT '2000-01-01 00:00:01' NOT NULL
);
CREATE INDEX location_attrs_record ON sip.location_attrs (domain, username, ruid);
CREATE INDEX location_attrs_ruid ON sip.location_attrs (ruid);
CREATE INDEX location_attrs_age ON sip.location_attrs (last_modified);
CREATE TABLE sip.dialog (
    id serial PRIMARY KEY,
    hash_entry integer NOT NULL,
    hash_id integer NOT NULL,
    callid varchar(255) NOT NULL,
    from_uri varchar(255) NOT NULL,
    from_tag varchar(128) NOT NULL,
    to_uri varchar(255) NOT NULL,
    to_tag varchar(128) NOT NULL,
    caller_cseq varchar(20) NOT NULL,
    callee_cseq varchar(20) NOT NULL,
    caller_route_set varchar(512),
    callee_route_set varchar(512),
    caller_contact varchar(255) NOT NULL,
    callee_contact varchar(255) NOT NULL,
    caller_sock varchar(64) NOT NULL,
    callee_sock varchar(64) NOT NULL,
    state integer NOT NULL,
    start_time integer NOT NULL,
    timeout integer DEFAULT 0 NOT NULL,
    sflags integer DEFAULT 0 NOT NULL,
    iflags integer DEFAULT 0 NOT NULL,
    toroute_name varchar(32),
    req_uri varchar(255) NOT NULL,
    xdata varchar(512)
);
CREATE INDEX dialog_hash ON sip.dialog (hash_entry, hash_id);
CREATE TABLE sip.dialog_vars (
    id serial PRIMARY KEY,
    hash_entry integer NOT NULL,
    hash_id integer NOT NULL,
    dialog_key varchar(128) NOT NULL,
    dialog_value varchar(512) NOT NULL
);
CREATE INDEX dialog_vars_hash ON sip.dialog_vars (hash_entry, hash_id);
"""

_REGISTRATIONS = """
CREATE VIEW sip.uacreg AS
SELECT NULL::integer AS id, NULL::varchar AS l_uuid, NULL::varchar AS l_username,
    NULL::varchar AS l_domain, NULL::varchar AS r_username, NULL::varchar AS r_domain,
    NULL::varchar AS realm, NULL::varchar AS auth_username, NULL::varchar AS auth_password,
    NULL::varchar AS auth_ha1, NULL::varchar AS auth_proxy, NULL::integer AS expires,
    NULL::integer AS flags, NULL::integer AS reg_delay, NULL::varchar AS contact_addr,
    NULL::varchar AS socket
WHERE false;
"""

_VIEWS = """
CREATE VIEW sip.domain AS
SELECT id, sip_domain::varchar AS domain, sip_domain::varchar AS did,
    created_at::timestamp AS last_modified
FROM tenants_tenant WHERE state = 'active';

CREATE VIEW sip.subscriber AS
SELECT who.username::varchar AS username, t.sip_domain::varchar AS domain,
    who.ha1::varchar AS ha1, md5(gen_random_uuid()::text)::varchar AS ha1b, ''::varchar AS password,
    e.number::varchar AS number, who.kind::varchar AS kind,
    translate(e.display_name, E'"\\\\<>\\r\\n\\t', '')::varchar AS name,
    coalesce((
        SELECT n.number FROM calling_trunknumber n
        WHERE n.tenant_id = e.tenant_id AND n.extension_id = e.id AND n.shown
        ORDER BY n.number LIMIT 1
    ), (
        SELECT k.main_number FROM calling_trunk k WHERE k.tenant_id = e.tenant_id
    ))::varchar AS caller_id
FROM (
    SELECT username, tenant_id, extension_id, realm, ha1, 'desk' AS kind FROM calling_device
    UNION ALL
    SELECT l.username, l.tenant_id, l.extension_id, l.realm, l.ha1, 'web' FROM calling_line l
    JOIN accounts_session s ON s.public_id = l.session
    WHERE l.expires_at > now()
) who
JOIN telephony_extension e ON e.tenant_id = who.tenant_id AND e.id = who.extension_id
JOIN tenants_tenant t ON t.id = who.tenant_id AND t.sip_domain = who.realm
WHERE e.state = 'active' AND e.deleted_at IS NULL AND t.state = 'active';

CREATE VIEW sip.extension AS
SELECT e.number::varchar AS username, t.sip_domain::varchar AS domain
FROM telephony_extension e JOIN tenants_tenant t ON t.id = e.tenant_id
WHERE e.state = 'active' AND e.deleted_at IS NULL AND t.state = 'active';

CREATE VIEW sip.dbaliases AS
SELECT n.id, n.number::varchar AS alias_username, t.sip_domain::varchar AS alias_domain,
    e.number::varchar AS username, t.sip_domain::varchar AS domain
FROM calling_trunknumber n
JOIN tenants_tenant t ON t.id = n.tenant_id
JOIN telephony_extension e ON e.tenant_id = n.tenant_id AND e.id = n.extension_id
WHERE e.state = 'active' AND e.deleted_at IS NULL AND t.state = 'active';

CREATE VIEW sip.claims AS
SELECT n.id, n.number::varchar AS number, t.sip_domain::varchar AS domain,
    coalesce(e.number::varchar, '')::varchar AS extension
FROM calling_trunknumber n
JOIN tenants_tenant t ON t.id = n.tenant_id
LEFT JOIN telephony_extension e ON e.tenant_id = n.tenant_id AND e.id = n.extension_id
    AND e.state = 'active' AND e.deleted_at IS NULL
WHERE t.state = 'active';
"""

_RECORDS = """
CREATE VIEW sip.acc_cdrs AS
SELECT NULL::timestamp AS start_time, NULL::timestamp AS end_time, NULL::varchar AS duration,
    NULL::varchar AS call_id, NULL::varchar AS domain, NULL::varchar AS direction,
    NULL::varchar AS caller, NULL::varchar AS callee,
    NULL::varchar AS caller_number, NULL::varchar AS callee_number,
    NULL::varchar AS answered, NULL::varchar AS result, NULL::varchar AS code,
    NULL::varchar AS emergency
WHERE false;

CREATE FUNCTION sip.keep_call() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $keep$
DECLARE
    tenant bigint;
    spoke boolean := NEW.result = 'answered' AND NEW.answered ~ '^[0-9]+$';
    answered timestamptz := CASE WHEN spoke THEN to_timestamp(NEW.answered::bigint) END;
    ended timestamptz := NEW.end_time AT TIME ZONE 'UTC';
BEGIN
    SELECT id INTO tenant FROM tenants_tenant WHERE sip_domain = NEW.domain;
    IF tenant IS NULL THEN
        RETURN NEW;
    END IF;
    -- Where phones are need not wait for the disk (host/switch_database.py); this does.
    PERFORM set_config('synchronous_commit', 'on', true);
    INSERT INTO calling_call (tenant_id, sip_call_id, direction, caller_id, callee_id,
        caller_number, callee_number, began_at, answered_at, ended_at, seconds, result,
        sip_code, emergency)
    VALUES (tenant, NEW.call_id, NEW.direction,
        (SELECT id FROM telephony_extension WHERE tenant_id = tenant AND state <> 'released'
            AND number::varchar = nullif(NEW.caller, '')),
        (SELECT id FROM telephony_extension WHERE tenant_id = tenant AND state <> 'released'
            AND number::varchar = nullif(NEW.callee, '')),
        left(NEW.caller_number, 64), left(NEW.callee_number, 64),
        NEW.start_time AT TIME ZONE 'UTC', answered, ended,
        CASE WHEN spoke THEN greatest(0, extract(epoch FROM ended - answered))::integer ELSE 0 END,
        CASE WHEN NEW.result = 'answered' AND NOT spoke THEN 'failed' ELSE NEW.result END,
        coalesce(nullif(NEW.code, ''), '0')::smallint, coalesce(NEW.emergency, '') = 'yes');
    RETURN NEW;
END $keep$;

CREATE TRIGGER keep_call INSTEAD OF INSERT ON sip.acc_cdrs
    FOR EACH ROW EXECUTE FUNCTION sip.keep_call();
"""

_RELEASED = """
CREATE FUNCTION calling_let_go() RETURNS trigger LANGUAGE plpgsql AS $gone$
BEGIN
    DELETE FROM calling_device WHERE tenant_id = NEW.tenant_id AND extension_id = NEW.id;
    DELETE FROM calling_line WHERE tenant_id = NEW.tenant_id AND extension_id = NEW.id;
    UPDATE calling_trunknumber SET extension_id = NULL
        WHERE tenant_id = NEW.tenant_id AND extension_id = NEW.id;
    RETURN NULL;
END $gone$;

CREATE TRIGGER calling_let_go AFTER UPDATE ON telephony_extension
    FOR EACH ROW WHEN (NEW.state = 'released' AND OLD.state <> 'released')
    EXECUTE FUNCTION calling_let_go();
"""
