-- name: load_token
-- The sealed token that is kept between runs.
SELECT token_sealed, token_expires_at FROM integrations_integration
WHERE tenant_id = %(tenant)s AND id = %(integration)s

-- name: save_token
-- Keep a sealed token for the next run; not after a reset, which a run may not have noticed yet.
UPDATE integrations_integration
SET token_sealed = %(sealed)s, token_expires_at = %(expires_at)s
WHERE tenant_id = %(tenant)s AND id = %(integration)s AND application_id IS NOT NULL

-- name: accepted_key
-- The key pair that Microsoft accepted, as it stands.
SELECT state, algorithm FROM integrations_keypair
WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s AND id = %(key)s
FOR UPDATE

-- name: retire_active
-- The key pair before it is not needed any more.
UPDATE integrations_keypair SET state = 'retired', retired_at = %(now)s
WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s AND state = 'active'

-- name: activate_key
-- This key pair is the one from now on.
UPDATE integrations_keypair
SET state = 'active', activated_at = coalesce(activated_at, %(now)s), algorithm = %(algorithm)s
WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s AND id = %(key)s

-- name: note_activation
-- Say it in the audit log.
INSERT INTO audit_auditentry (tenant_id, at, actor, action, subject, detail)
VALUES (%(tenant)s, %(now)s, 'rollcall', 'key_pair.activated', %(key)s::text, '{}')
