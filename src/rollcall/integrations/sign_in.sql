-- name: offers
-- The tenants whose people, or administrators, may sign in with Microsoft now. Read as the system
-- role: a key pair that was accepted says that the ids of application and directory are there.
SELECT t.id, t.slug, t.name, i.sign_in, i.enforce_sign_in
FROM tenants_tenant AS t
JOIN integrations_integration AS i ON i.tenant_id = t.id
WHERE t.state = 'active'
    AND i.users_applied_at IS NOT NULL
    AND EXISTS (
        SELECT FROM integrations_keypair AS k
        WHERE k.tenant_id = t.id AND k.integration_id = i.id
            AND k.state = 'active' AND k.not_after > %(now)s
    )
    AND (
        i.sign_in
        OR EXISTS (
            SELECT FROM integrations_listentry AS e
            WHERE e.tenant_id = t.id AND e.integration_id = i.id
                AND e.subject = 'admins' AND e.object_id IS NOT NULL
        )
    )
    AND (%(tenant)s::bigint IS NULL OR t.id = %(tenant)s)
    AND (%(slug)s::text IS NULL OR t.slug = %(slug)s)
    AND (
        %(domain)s::text IS NULL
        OR t.id IN (
            SELECT d.tenant_id FROM integrations_directorydomain AS d WHERE d.domain = %(domain)s
        )
    )
ORDER BY lower(t.name), t.id
LIMIT %(limit)s

-- name: others
-- Whether there is any tenant but one.
SELECT EXISTS (SELECT FROM tenants_tenant WHERE id <> %(tenant)s)

-- name: tenants_of_directory
-- The tenants that are connected to a directory.
SELECT tenant_id FROM integrations_integration WHERE directory_id = %(directory)s ORDER BY tenant_id

-- name: entrance
-- All that decides whether a person of a directory comes in, in one reading: the tenant, its
-- conditions (as in `offers`), the lists, the extension, the record of the last reading.
SELECT
    t.state, i.directory_id::text, i.sign_in, i.sign_in_mode,
    i.users_applied_at IS NOT NULL,
    EXISTS (
        SELECT FROM integrations_keypair AS k
        WHERE k.tenant_id = t.id AND k.integration_id = i.id
            AND k.state = 'active' AND k.not_after > %(now)s
    ),
    EXISTS (
        SELECT FROM integrations_listentry AS l
        WHERE l.tenant_id = t.id AND l.integration_id = i.id
            AND l.subject = 'admins' AND l.object_id IS NOT NULL
    ),
    EXISTS (
        SELECT FROM integrations_listentry AS l
        WHERE l.tenant_id = t.id AND l.subject = 'sign-in' AND l.object_id = %(person)s
    ),
    EXISTS (
        SELECT FROM integrations_listentry AS l
        WHERE l.tenant_id = t.id AND l.subject = 'admins' AND l.object_id = %(person)s
    ),
    e.id, e.state, e.deleted_at IS NOT NULL, e.display_name, e.email, e.principal_name,
    (CASE WHEN r.record <> '' THEN r.record::jsonb ->> 'guest' END)::boolean,
    (
        SELECT a.disabled_at IS NOT NULL FROM accounts_account AS a
        WHERE a.tenant_id = t.id AND a.extension_id = e.id
    )
FROM tenants_tenant AS t
LEFT JOIN integrations_integration AS i ON i.tenant_id = t.id AND i.source = 'microsoft365'
LEFT JOIN telephony_extension AS e ON e.tenant_id = t.id
    AND e.source = 'microsoft365' AND e.directory_object_id = %(person)s
LEFT JOIN integrations_directoryrecord AS r ON r.tenant_id = t.id
    AND r.integration_id = i.id AND r.object_id = %(person)s AND r.removed = ''
WHERE t.id = %(tenant)s

-- name: domains_of_people
-- The ends of the principal names of people who have an extension.
SELECT DISTINCT lower(substring(e.principal_name FROM '@([^@]+)$')) AS domain
FROM telephony_extension AS e
WHERE e.tenant_id = %(tenant)s AND e.source = 'microsoft365' AND e.state <> 'released'
    AND e.deleted_at IS NULL AND e.principal_name LIKE '%%@_%%'
    AND strpos(lower(e.principal_name), '#ext#') = 0
ORDER BY domain
LIMIT %(most)s
