-- name: spend
-- Use up the state of a sign-in; a row comes back the first time alone.
INSERT INTO accounts_spentstate (digest, spent_at) VALUES (%(digest)s, %(now)s)
ON CONFLICT DO NOTHING RETURNING digest

-- name: come_in
-- Note on the account of an extension that somebody comes in by Microsoft, and hold it. One that
-- an administrator made keeps its role, name and address. No row: there is none, or it is disabled.
UPDATE accounts_account SET
    last_sign_in_at = %(now)s,
    role = CASE WHEN local THEN role ELSE %(role)s END,
    name = CASE WHEN local THEN name ELSE %(name)s END,
    email = CASE WHEN local THEN email ELSE %(email)s END,
    email_key = CASE WHEN local THEN email_key ELSE %(email_key)s END
WHERE tenant_id = %(tenant)s AND extension_id = %(extension)s AND disabled_at IS NULL
RETURNING id, email
