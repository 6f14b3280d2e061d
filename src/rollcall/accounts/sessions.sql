-- name: begin
-- A session, as its token's digest.
INSERT INTO accounts_session (
    digest, account_id, public_id, proven, switched, created_at, seen_at, address, agent, method,
    directory_id, object_id, directory_session, granted
) VALUES (
    %(digest)s, %(account)s, %(public_id)s, %(proven)s, '{}', %(now)s, %(now)s, %(address)s,
    %(agent)s, %(method)s, %(directory)s, %(object)s, %(directory_session)s, %(granted)s
) RETURNING digest
