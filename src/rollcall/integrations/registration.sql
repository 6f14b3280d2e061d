-- name: registration
-- As which application, of which directory and cloud, a tenant is known to Microsoft.
SELECT tenant_id, application_id::text, directory_id::text, cloud
FROM integrations_integration
WHERE tenant_id = %(tenant)s AND source = 'microsoft365'

-- name: registration_with_keys
-- The same, beside each key pair that may be used; one row without one where there is none.
SELECT i.tenant_id, i.application_id::text, i.directory_id::text, i.cloud,
    k.id, k.certificate, k.private_key, k.sha1, k.sha256, k.algorithm, k.not_before, k.not_after
FROM integrations_integration i
LEFT JOIN integrations_keypair k ON k.tenant_id = i.tenant_id AND k.state <> 'retired'
WHERE i.tenant_id = %(tenant)s AND i.source = 'microsoft365'
ORDER BY k.state DESC, k.id DESC

-- name: usable_keys
-- The pending and the active key pair, in the order in which they are tried.
SELECT id, certificate, private_key, sha1, sha256, algorithm, not_before, not_after
FROM integrations_keypair
WHERE tenant_id = %(tenant)s AND state <> 'retired'
ORDER BY state DESC, id DESC
