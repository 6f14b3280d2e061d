-- name: one_at_a_time
-- Wait until nobody else makes credentials for the same session, in this transaction.
SELECT pg_advisory_xact_lock(%(key)s::bigint)
