-- name: claimed_twice
-- Which tenants have numbers that others have, too: those whom they ring first, then the others.
SELECT first.slug, other.slug, count(*)
FROM (
    SELECT id, number, tenant_id,
        first_value(tenant_id) OVER (PARTITION BY number ORDER BY id) AS first_id
    FROM calling_trunknumber n
    WHERE EXISTS (
        SELECT FROM tenants_tenant t WHERE t.id = n.tenant_id AND t.state = 'active'
    )
) claim
JOIN tenants_tenant first ON first.id = claim.first_id
JOIN tenants_tenant other ON other.id = claim.tenant_id
WHERE claim.tenant_id <> claim.first_id
GROUP BY first.slug, other.slug
ORDER BY first.slug, other.slug
LIMIT %(limit)s
