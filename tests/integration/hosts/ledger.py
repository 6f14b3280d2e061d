"""What a scene asks the database: who is at work, what came of the runs, what must never be."""

from typing import Final

PRESENT: Final = """
    SELECT (SELECT count(*) FROM fleet_process WHERE beat_at > now() - interval '10 seconds'),
        (SELECT count(*) FROM integrations_schedule)
"""

RUNS: Final = "SELECT id FROM integrations_syncrun"

LET_BE_DUE: Final = """
    UPDATE integrations_schedule SET slot_at = now() - interval '1 second', next_at = now()
"""

BRING_RETRIES_FORWARD: Final = """
    UPDATE integrations_schedule SET next_at = now() WHERE attempts > 0 AND next_at > now()
"""

IN_HAND: Final = """
    SELECT id FROM integrations_syncrun
    WHERE state = 'running' AND split_part(worker, ':', 2) = %s
"""

IN_THE_MIDDLE: Final = f"{IN_HAND} AND progress ? 'photos'"

WORKERS: Final = """
    SELECT DISTINCT split_part(worker, ':', 2) FROM integrations_syncrun WHERE id > %s
"""
"""The processes that took one of the runs since then."""

LAST_RUNS: Final = """
    SELECT DISTINCT ON (integration_id) id, state FROM integrations_syncrun
    ORDER BY integration_id, id DESC
"""

RECOVERIES: Final = """
    SELECT lost.id, extract(epoch FROM min(next.started_at))::float8 - %s,
        extract(epoch FROM min(done.finished_at))::float8 - %s
    FROM integrations_syncrun lost
    JOIN integrations_syncrun done ON done.integration_id = lost.integration_id
        AND done.id >= lost.id AND done.state = 'applied'
    LEFT JOIN integrations_syncrun next ON next.integration_id = lost.integration_id
        AND next.id > lost.id AND lost.state <> 'applied'
    WHERE lost.id = ANY (%s) GROUP BY lost.id
"""
"""Of runs that something happened to: seconds until others went on, and until they were through."""

VERSIONS: Final = """
    SELECT directory_object_id, version FROM telephony_extension ORDER BY directory_object_id
"""
"""How often each extension was written."""

_UNFINISHED = "SELECT id, state FROM integrations_syncrun WHERE state IN ('queued', 'running')"

_AT_ONCE = """
    SELECT a.id, b.id FROM integrations_syncrun a JOIN integrations_syncrun b
        ON a.integration_id = b.integration_id AND a.id < b.id AND b.started_at < a.finished_at
"""

_CREATED_TWICE = """
    SELECT r.integration_id, c.object_id FROM integrations_runchange c
    JOIN integrations_syncrun r ON r.id = c.run_id
    WHERE c.action = 'created' GROUP BY 1, 2 HAVING count(*) > 1
"""

_SHARED_NUMBERS = """
    SELECT tenant_id, number FROM telephony_extension
    WHERE state <> 'released' GROUP BY 1, 2 HAVING count(*) > 1
"""

NEVER: Final = (_UNFINISHED, _AT_ONCE, _CREATED_TWICE, _SHARED_NUMBERS)

_ALL_RUNS = """
    SELECT id, integration_id, trigger, state, worker, takeovers, error->>'code', hold,
        to_char(started_at, 'MI:SS'), to_char(finished_at, 'MI:SS')
    FROM integrations_syncrun ORDER BY id
"""

LOOKS: Final = (
    _ALL_RUNS,
    "SELECT kind, pid, load, now() - beat_at FROM fleet_process ORDER BY pid",
    "SELECT id, queue_name, status, worker_id, queueing_lock, lock FROM procrastinate_jobs",
    "SELECT id, now() - last_heartbeat FROM procrastinate_workers",
    "SELECT integration_id, attempts, next_at - now() FROM integrations_schedule",
)
"""For whoever reads why a scene failed."""
