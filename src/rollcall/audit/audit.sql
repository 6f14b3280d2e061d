-- name: note
-- An entry of the log.
INSERT INTO audit_auditentry (tenant_id, at, actor, action, subject, detail)
VALUES (%(tenant)s, %(at)s, %(actor)s, %(action)s, %(subject)s, %(detail)s::jsonb)
RETURNING id
