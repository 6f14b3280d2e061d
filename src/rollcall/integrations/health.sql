-- name: tenants
-- All tenants, each in one state in words, counted by state; and one page of those that are wanted.
WITH bare AS (
    SELECT
        t.id,
        t.slug,
        t.name,
        t.sip_domain,
        t.state = 'active' AS active,
        i.id AS integration_id,
        i.paused,
        i.users OR i.photos OR i.personal_contacts OR i.company_contacts AS switched_on,
        coalesce(s.succeeded_at, a.finished_at, k.accepted_at, i.created_at) AS good_at,
        coalesce(s.succeeded_at, a.finished_at) AS succeeded_at,
        s.slot_at,
        s.next_at,
        coalesce(s.people, 0) AS people,
        f.failed_at > coalesce(s.succeeded_at, a.finished_at, '-infinity')
            AND f.run_id > coalesce(h.run_id, 0) AS failing,
        h.run_id AS held_run,
        r.throttled_seconds AS throttled,
        k.accepted,
        k.not_after AS certificate_ends,
        coalesce(c.lacking, '{}') AS lacking,
        coalesce(c.domain, '') AS directory_domain,
        w.state AS trunk
    FROM tenants_tenant AS t
    LEFT JOIN integrations_integration AS i ON i.tenant_id = t.id
    LEFT JOIN integrations_schedule AS s ON s.integration_id = i.id
    LEFT JOIN integrations_setupcheck AS c ON c.integration_id = i.id
    LEFT JOIN calling_trunkstate AS w ON w.tenant_id = t.id
    LEFT JOIN (
        SELECT
            pair.integration_id,
            bool_or(pair.state = 'active') AS accepted,
            max(pair.activated_at) AS accepted_at,
            -- That of the pair in use; until one is, of the one that waits.
            (array_agg(pair.not_after ORDER BY pair.state))[1] AS not_after
        FROM integrations_keypair AS pair
        WHERE pair.state IN ('active', 'pending')
        GROUP BY pair.integration_id
    ) AS k ON k.integration_id = i.id
    LEFT JOIN (
        SELECT run.tenant_id, max(run.id) AS run_id
        FROM integrations_syncrun AS run
        WHERE NOT run.dry_run AND run.state = 'held'
        GROUP BY run.tenant_id
    ) AS h ON h.tenant_id = t.id
    LEFT JOIN (
        -- Whoever failed longer ago, and did nothing since, is overdue.
        SELECT run.tenant_id, max(run.finished_at) AS failed_at, max(run.id) AS run_id
        FROM integrations_syncrun AS run
        WHERE NOT run.dry_run AND run.state = 'failed'
            AND run.finished_at > %(now)s - %(recent)s::interval
        GROUP BY run.tenant_id
    ) AS f ON f.tenant_id = t.id
    LEFT JOIN LATERAL (
        -- Where no service runs there is no schedule, but runs may be.
        SELECT run.finished_at
        FROM integrations_syncrun AS run
        WHERE s.integration_id IS NULL AND i.id IS NOT NULL AND run.tenant_id = t.id
            AND NOT run.dry_run AND run.state IN ('applied', 'failed', 'held')
            AND run.state = 'applied'
        ORDER BY run.id DESC
        LIMIT 1
    ) AS a ON true
    LEFT JOIN LATERAL (
        -- Of all tenants only to sort by it: else it is looked up for those that are shown.
        SELECT run.throttled_seconds
        FROM integrations_syncrun AS run
        WHERE %(sort)s = 'throttled' AND run.tenant_id = t.id AND NOT run.dry_run
            AND run.state IN ('applied', 'failed', 'held')
        ORDER BY run.id DESC
        LIMIT 1
    ) AS r ON true
    WHERE %(tenant)s::bigint IS NULL OR t.id = %(tenant)s
),
judged AS (
    SELECT
        bare.*,
        -- Scheduled times that passed since the last success; a run by hand shortly before counts.
        CASE WHEN active AND accepted AND switched_on AND NOT paused
            THEN greatest(0, ceil(extract(epoch FROM
                slot_at - interval '1 day' - good_at - interval '2 hours') / 86400))::int
        END AS missed,
        CASE
            WHEN NOT active THEN 'suspended'
            WHEN trunk IN ('refused', 'silent') AND (accepted IS NOT TRUE OR paused) THEN 'trunk'
            WHEN accepted IS NOT TRUE THEN 'not-connected'
            WHEN paused THEN 'paused'
            WHEN certificate_ends <= %(now)s THEN 'expired'
            WHEN failing THEN 'failing'
            WHEN held_run IS NOT NULL THEN 'held'  -- and late because of it
            WHEN switched_on AND (
                next_at < %(now)s - %(late)s::interval
                OR slot_at - interval '1 day' - good_at > interval '26 hours'
            ) THEN 'overdue'
            WHEN lacking <> '{}' THEN 'permission'
            WHEN trunk IN ('refused', 'silent') THEN 'trunk'
            WHEN certificate_ends <= %(now)s + %(soon)s::interval THEN 'expiring'
            ELSE 'connected'
        END AS health
    FROM bare
),
sought AS MATERIALIZED (
    SELECT
        judged.*,
        (cardinality(%(states)s::text[]) = 0 OR health = ANY (%(states)s))
            AND (
                %(search)s = ''
                OR strpos(lower(slug), %(search)s) > 0
                OR strpos(lower(name), %(search)s) > 0
                OR strpos(sip_domain, %(search)s) > 0
                OR strpos(lower(directory_domain), %(search)s) > 0
            ) AS wanted,
        CASE %(sort)s
            WHEN 'state' THEN array_position(%(order)s::text[], health)
            WHEN 'success' THEN extract(epoch FROM succeeded_at)
            WHEN 'next' THEN extract(epoch FROM
                CASE WHEN active AND NOT paused THEN next_at END)
            WHEN 'lag' THEN missed
            WHEN 'people' THEN people
            WHEN 'held' THEN held_run
            WHEN 'throttled' THEN throttled
            WHEN 'certificate' THEN extract(epoch FROM certificate_ends)
            WHEN 'permission' THEN cardinality(lacking)
        END::float8 AS measure
    FROM judged
),
counted AS (
    SELECT
        coalesce(jsonb_object_agg(health, tenants), '{}') AS states,
        coalesce(sum(wanted), 0)::bigint AS found
    FROM (
        SELECT health, count(*) AS tenants, count(*) FILTER (WHERE wanted) AS wanted
        FROM sought GROUP BY health
    ) AS each
),
page AS (
    SELECT sought.*, row_number() OVER () AS place
    FROM (
        SELECT * FROM sought
        WHERE wanted
        ORDER BY
            CASE WHEN %(down)s THEN -measure ELSE measure END NULLS LAST,
            CASE WHEN %(sort)s = 'tenant' AND NOT %(down)s THEN lower(name) END,
            CASE WHEN %(sort)s = 'tenant' AND %(down)s THEN lower(name) END DESC,
            CASE WHEN %(sort)s = 'state' THEN coalesce(good_at, 'infinity') END,
            slug
        LIMIT %(limit)s OFFSET %(skip)s
    ) AS sought
)
SELECT
    counted.states,
    counted.found,
    shown.slug,
    shown.name,
    shown.sip_domain,
    shown.directory_domain,
    shown.health,
    shown.succeeded_at,
    CASE WHEN shown.active AND NOT shown.paused THEN shown.next_at END AS next_at,
    shown.missed,
    shown.people,
    shown.held_run,
    newest.throttled_seconds,
    shown.certificate_ends,
    CASE WHEN shown.lacking = '{}' AND newest.error_code IN ('permission-missing', 'consent-missing')
        THEN ARRAY['?'] ELSE shown.lacking END AS missing,
    newest.error_code,
    failing.since AS failing_since,
    shown.trunk
FROM counted
LEFT JOIN page AS shown ON true
LEFT JOIN LATERAL (
    SELECT run.throttled_seconds, run.error_code
    FROM integrations_syncrun AS run
    WHERE run.tenant_id = shown.id AND NOT run.dry_run
        AND run.state IN ('applied', 'failed', 'held')
    ORDER BY run.id DESC
    LIMIT 1
) AS newest ON true
LEFT JOIN LATERAL (
    SELECT min(run.finished_at) AS since
    FROM integrations_syncrun AS run
    WHERE shown.health = 'failing' AND run.tenant_id = shown.id AND NOT run.dry_run
        AND run.state IN ('applied', 'failed', 'held') AND run.state = 'failed'
        AND run.id > coalesce((
            SELECT good.id
            FROM integrations_syncrun AS good
            WHERE good.tenant_id = shown.id AND NOT good.dry_run
                AND good.state IN ('applied', 'failed', 'held') AND good.state <> 'failed'
            ORDER BY good.id DESC
            LIMIT 1
        ), 0)
) AS failing ON true
ORDER BY shown.place

-- name: clouds
-- How many tenants' directories are in each cloud.
SELECT cloud, count(*) FROM integrations_integration GROUP BY cloud

-- name: glance
-- What belongs to a tenant, as far as it is quickly counted.
SELECT
    (SELECT count(*) FROM telephony_extension
        WHERE tenant_id = %(tenant)s AND state <> 'released') AS extensions,
    (SELECT count(*) FROM accounts_account
        WHERE tenant_id = %(tenant)s AND role = 'administrator' AND disabled_at IS NULL)
        AS administrators

-- name: belongings
-- What belongs to a tenant and goes with it.
SELECT
    (SELECT count(*) FROM telephony_extension
        WHERE tenant_id = %(tenant)s AND state <> 'released') AS extensions,
    (SELECT count(*) FROM phonebook_contact WHERE tenant_id = %(tenant)s) AS contacts,
    (SELECT count(*) FROM accounts_account WHERE tenant_id = %(tenant)s) AS accounts,
    (SELECT count(*) FROM integrations_syncrun WHERE tenant_id = %(tenant)s) AS runs,
    (SELECT count(*) FROM integrations_keypair WHERE tenant_id = %(tenant)s) AS key_pairs
