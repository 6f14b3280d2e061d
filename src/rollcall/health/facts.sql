-- name: tallies
-- What all runs add up to, by what began them and how they ended.
SELECT trigger, state, runs, seconds, requests, items, throttled_seconds, within
FROM integrations_runtally

-- name: queue
-- How many runs wait, how many go on, and for how long the first has been waiting.
SELECT
    count(*) FILTER (WHERE state = 'queued') AS queued,
    count(*) FILTER (WHERE state = 'running') AS running,
    coalesce(
        extract(epoch FROM now() - min(asked_at) FILTER (WHERE state = 'queued')), 0
    )::float8 AS oldest_seconds
FROM integrations_syncrun
WHERE state IN ('queued', 'running')

-- name: processes
-- The processes that are alive, by kind, with what they could carry out and what they do.
SELECT kind, count(*) AS alive, sum(capacity) AS slots, sum(load) AS load
FROM fleet_process
WHERE beat_at > now() - %(alive)s::interval
GROUP BY kind

-- name: tenants
-- How many tenants there are, by state.
SELECT state, count(*) AS tenants
FROM tenants_tenant
GROUP BY state

-- name: integrations
-- Each integration: whether it may run, when it did and will, how the newest run ended, its key.
SELECT
    t.slug,
    t.state = 'active' AS active,
    i.paused,
    s.next_at,
    s.succeeded_at,
    coalesce(s.people, 0) AS people,
    coalesce(s.attempts, 0) AS attempts,
    r.state AS run_state,
    k.not_after AS certificate_ends
FROM integrations_integration AS i
JOIN tenants_tenant AS t ON t.id = i.tenant_id
LEFT JOIN integrations_schedule AS s ON s.integration_id = i.id
LEFT JOIN LATERAL (
    SELECT run.state
    FROM integrations_syncrun AS run
    WHERE run.tenant_id = i.tenant_id AND run.integration_id = i.id
        AND NOT run.dry_run AND run.state NOT IN ('queued', 'running')
    ORDER BY run.id DESC
    LIMIT 1
) AS r ON true
LEFT JOIN LATERAL (
    SELECT pair.not_after
    FROM integrations_keypair AS pair
    WHERE pair.tenant_id = i.tenant_id AND pair.integration_id = i.id
        AND pair.state IN ('active', 'pending')
    ORDER BY pair.state, pair.id DESC
    LIMIT 1
) AS k ON true

-- name: mails
-- How many mails wait, failed and were sent, and for how long the first has been waiting.
SELECT
    count(*) FILTER (WHERE state = 'waiting') AS waiting,
    count(*) FILTER (WHERE state = 'failed') AS failed,
    coalesce(
        extract(epoch FROM now() - min(queued_at) FILTER (WHERE state = 'waiting')), 0
    )::float8 AS oldest_seconds
FROM mail_outgoingmail
WHERE state IN ('waiting', 'failed')

-- name: size
-- The present moment by the database's clock, and its size where we may see it.
SELECT
    now() AS now,
    CASE WHEN has_database_privilege(current_database(), 'CONNECT')
        THEN pg_database_size(current_database()) END AS bytes

-- name: migrations
-- The migrations that the tables have been through.
SELECT app, name
FROM django_migrations

-- name: switch
-- What a switch said of itself lately.
SELECT name, value
FROM calling_switchcount
WHERE seen_at > now() - %(fresh)s::interval

-- name: trunks
-- How many trunks there are in use, by state.
SELECT state, count(*) AS trunks
FROM calling_trunkstate
GROUP BY state
