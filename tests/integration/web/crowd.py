"""Thousands of tenants with their runs, as rows: what /metrics has to read."""

import psycopg

from rollcall.integrations.operations import Connection, change_integration
from rollcall.tenants.operations import add_tenant

TENANTS = """
    INSERT INTO tenants_tenant
    SELECT (jsonb_populate_record(t, jsonb_build_object(
        'id', n, 'slug', 'tenant-' || n, 'sip_domain', n || '.example',
        'state', CASE n %% 100 WHEN 7 THEN 'suspended' ELSE 'active' END))).*
    FROM tenants_tenant AS t, generate_series(%(first)s + 1, %(last)s) AS n
"""
INTEGRATIONS = """
    INSERT INTO integrations_integration
    SELECT (jsonb_populate_record(i, jsonb_build_object('id', t.id, 'tenant_id', t.id,
        'paused', t.id %% 100 = 9))).*
    FROM integrations_integration AS i, tenants_tenant AS t WHERE t.id > %(first)s
"""
SCHEDULES = """
    INSERT INTO integrations_schedule
        (integration_id, tenant_id, time, zone, slot_at, next_at, people, succeeded_at)
    SELECT i.id, i.tenant_id, '00:00', 'UTC', now() + interval '1 h',
        now() + CASE i.id %% 100 WHEN 3 THEN interval '-5 min' ELSE interval '1 h' END, 40,
        now() - interval '1 day'
    FROM integrations_integration AS i
"""
KEY_PAIRS = """
    INSERT INTO integrations_keypair (tenant_id, integration_id, state, certificate, private_key,
        sha1, sha256, algorithm, not_before, not_after, created_at)
    SELECT i.tenant_id, i.id, s.state, repeat('certificate', 150),
        decode(repeat('ab', 1300), 'hex'), '', md5(i.id || s.state || s.n), 'PS256', now(),
        now() + s.age + interval '1 day' * (i.id %% 100), now()
    FROM integrations_integration AS i, (VALUES ('retired', 1, interval '-400 d'),
        ('retired', 2, interval '-30 d'), ('active', 1, interval '-2 h'),
        ('pending', 1, interval '300 d')) AS s (state, n, age)
"""
RUNS = """
    INSERT INTO integrations_syncrun (tenant_id, integration_id, trigger, asked_by, asked_at, state,
        dry_run, "full", stages, fence, started_at, finished_at, cancel_requested, progress, counts,
        problems, refused, hold, announced, requests, items, throttled_seconds)
    SELECT i.tenant_id, i.id, 'schedule', 'x', now(),
        CASE WHEN n < %(each)s THEN 'applied' WHEN i.id %% 100 = 1 THEN 'failed'
            WHEN i.id %% 100 = 2 THEN 'held' ELSE 'applied' END,
        false, false, '{users}', 1, now(), now(), false, '{}',
        '{"users": {"created": 1, "changed": 2, "unchanged": 40}}', '[]', '{}', '', true, 5, 0, 0
    FROM generate_series(1, %(each)s) AS n, integrations_integration AS i
"""


def fill(conninfo: str, *, tenants: int, runs_each: int) -> None:
    """Make so many tenants, each with an integration, key pairs, a schedule and runs.

    Of each hundred one failed, one is held, one is late, one is suspended, one is paused; the key
    pair in use of the n-th expires in n days.
    """
    add_tenant(
        slug="first", name="First", sip_domain="first.example", time_zone="UTC", country="DE"
    )
    with psycopg.connect(conninfo) as owner:
        ((first,),) = owner.execute("SELECT id FROM tenants_tenant").fetchall()
        change_integration(first, actor="test", connection=Connection(), values={}, lists={})
        numbers = {"first": first, "last": first + tenants - 1, "each": runs_each}
        for statement in (TENANTS, INTEGRATIONS, SCHEDULES, KEY_PAIRS, RUNS):
            owner.execute(statement.encode(), numbers)
    with psycopg.connect(conninfo, autocommit=True) as owner:
        owner.execute("ANALYZE")
