-- name: try_lock
-- Take the advisory lock of an integration's runs, if no living process has it.
SELECT pg_try_advisory_lock(%(class)s, %(integration)s::int)

-- name: raise_fence
-- Let this run be the only one that may write.
UPDATE integrations_integration SET fence = fence + 1
WHERE tenant_id = %(tenant)s AND id = %(integration)s
RETURNING fence

-- name: begin_run
-- Turn a queued run into a running one.
UPDATE integrations_syncrun
SET state = 'running', started_at = %(now)s, fence = %(fence)s, beat_at = now(),
    worker = %(worker)s
WHERE tenant_id = %(tenant)s AND id = %(run)s AND state = 'queued'
RETURNING id

-- name: check_fence
-- Hold the fence for the rest of the transaction, if it is still this run's.
SELECT 1 FROM integrations_integration
WHERE tenant_id = %(tenant)s AND id = %(integration)s AND fence = %(fence)s
FOR UPDATE

-- name: save_progress
-- Keep how far a run has come, and learn whether it is to be cancelled.
UPDATE integrations_syncrun
SET progress = %(progress)s::jsonb, requests = %(requests)s, items = %(items)s,
    throttled_seconds = %(throttled_seconds)s, photos_until = %(photos_until)s, beat_at = now()
WHERE tenant_id = %(tenant)s AND id = %(run)s AND fence = %(fence)s AND state = 'running'
RETURNING cancel_requested
