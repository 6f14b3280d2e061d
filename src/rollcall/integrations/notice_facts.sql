-- name: facts
-- Each integration that was connected: its certificate in use, its newest run, what it holds.
WITH held AS (
    SELECT
        run.integration_id,
        max(run.id) AS id,
        (array_agg(run.finished_at ORDER BY run.id DESC))[1] AS finished_at,
        (array_agg(run.hold ORDER BY run.id DESC))[1] AS hold,
        (array_agg(plans.digests ORDER BY run.id DESC))[1] AS plan
    FROM (
        SELECT
            plan.run_id,
            string_agg(plan.stage || ':' || encode(plan.digest, 'hex'), ' ' ORDER BY plan.stage)
                AS digests
        FROM integrations_heldplan AS plan
        GROUP BY plan.run_id
    ) AS plans
    JOIN integrations_syncrun AS run ON run.id = plans.run_id
    WHERE run.state = 'held' AND NOT run.dry_run
    GROUP BY run.integration_id
)
SELECT
    t.id AS tenant_id,
    t.slug,
    t.name,
    t.time_zone,
    t.state = 'active' AS active,
    t.state = 'active' AND NOT i.paused
        AND i.application_id IS NOT NULL AND i.directory_id IS NOT NULL
        AND (i.users OR i.photos OR i.personal_contacts OR i.company_contacts) AS awake,
    k.sha256 AS certificate_name,
    k.not_before,
    k.not_after,
    r.id AS run,
    coalesce(r.state, '') AS run_state,
    coalesce(r.error ->> 'code', '') AS run_code,
    coalesce(r.error ->> 'message', '') AS run_message,
    r.finished_at AS run_ended_at,
    coalesce(s.succeeded_at, k.activated_at, i.created_at) AS good_at,
    s.slot_at,
    h.id AS held_run,
    coalesce(h.plan, '') AS held_plan,
    h.finished_at AS held_at,
    coalesce(h.hold, '') AS held_sentence
FROM integrations_integration AS i
JOIN tenants_tenant AS t ON t.id = i.tenant_id
LEFT JOIN integrations_schedule AS s ON s.integration_id = i.id
LEFT JOIN integrations_keypair AS k
    ON k.tenant_id = i.tenant_id AND k.integration_id = i.id AND k.state = 'active'
LEFT JOIN LATERAL (
    SELECT run.id, run.state, run.error, run.finished_at
    FROM integrations_syncrun AS run
    WHERE run.tenant_id = i.tenant_id AND run.integration_id = i.id AND NOT run.dry_run
        AND run.state NOT IN ('queued', 'running', 'planned', 'cancelled')
    ORDER BY run.id DESC
    LIMIT 1
) AS r ON true
LEFT JOIN held AS h ON h.integration_id = i.id
ORDER BY t.id
