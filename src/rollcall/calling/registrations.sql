-- name: registered
-- Which of some numbers somebody can call now.
SELECT DISTINCT l.username FROM sip.location l
WHERE l.domain = (SELECT sip_domain FROM tenants_tenant WHERE id = %(tenant)s)
    AND l.username = ANY (%(numbers)s::varchar[]) AND l.expires > %(now)s::timestamp

-- name: of_extensions
-- The phones of some extensions that can be called, and what they signed in with.
SELECT e.id, CASE WHEN d.id IS NOT NULL THEN 'desk' ELSE 'web' END AS kind, d.id, a.avalue,
    coalesce(nullif(l.received, ''), l.contact), l.user_agent, l.last_modified, l.expires
FROM telephony_extension e
JOIN sip.location l ON l.username = e.number::varchar
    AND l.domain = (SELECT sip_domain FROM tenants_tenant WHERE id = %(tenant)s)
JOIN sip.location_attrs a ON a.ruid = l.ruid AND a.aname = 'username'
LEFT JOIN calling_device d ON d.tenant_id = e.tenant_id AND d.extension_id = e.id
    AND d.username = a.avalue COLLATE "C"
WHERE e.tenant_id = %(tenant)s AND e.id = ANY (%(extensions)s::bigint[])
    AND e.state <> 'released' AND l.expires > %(now)s::timestamp
ORDER BY kind, l.last_modified DESC, l.id

-- name: stale
-- Registrations of all tenants whose phone could not sign in again as it did: its credentials are
-- gone or expired, its extension has another number or is blocked, its password is another one.
-- One without its user name is being written just now: its extension decides.
SELECT l.domain, l.username, l.contact, l.ruid
FROM sip.location l
LEFT JOIN sip.location_attrs a ON a.ruid = l.ruid AND a.aname = 'username'
WHERE l.expires > %(now)s::timestamp AND (NOT EXISTS (
    SELECT FROM sip.extension e WHERE e.username = l.username AND e.domain = l.domain
) OR (a.avalue IS NOT NULL AND NOT EXISTS (
    SELECT FROM sip.subscriber s
    WHERE s.username = a.avalue COLLATE "C" AND s.number = l.username AND s.domain = l.domain
)) OR EXISTS (
    SELECT FROM calling_device d WHERE d.username = a.avalue COLLATE "C"
        AND date_trunc('second', d.password_at) > l.last_modified AT TIME ZONE 'UTC'
))
ORDER BY l.id
