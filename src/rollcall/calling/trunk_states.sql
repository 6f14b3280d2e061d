-- name: save
-- How trunks are. Those whose trunk is gone meanwhile are left out, and rows without one go.
WITH gone AS (
    DELETE FROM calling_trunkstate s
    WHERE NOT EXISTS (SELECT FROM calling_trunk k WHERE k.tenant_id = s.tenant_id AND k.enabled)
)
INSERT INTO calling_trunkstate AS kept (tenant_id, state, detail, since, seen_at)
SELECT r.tenant, r.state, r.detail, %(now)s, %(now)s
FROM unnest(%(tenants)s::bigint[], %(states)s::varchar[], %(details)s::text[])
    AS r (tenant, state, detail)
JOIN calling_trunk k ON k.tenant_id = r.tenant AND k.enabled
ON CONFLICT (tenant_id) DO UPDATE SET
    since = CASE WHEN kept.state = excluded.state THEN kept.since ELSE excluded.since END,
    state = excluded.state, detail = excluded.detail, seen_at = excluded.seen_at
RETURNING tenant_id
