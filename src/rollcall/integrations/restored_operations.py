"""What becomes of a database that was brought back from a backup: nobody works on its runs."""

from datetime import datetime

from rollcall.integrations.models import SyncRun
from rollcall.integrations.recovery import INTERRUPTED
from rollcall.integrations.run_operations import fail_run
from rollcall.integrations.runs import UNFINISHED


def close_unfinished_runs(*, now: datetime) -> int:
    """End the runs that were queued or going on as interrupted; return how many.

    The schedule stays as it was, so what is overdue is caught up with once.
    """
    rows = SyncRun.objects.all_tenants().filter(state__in=UNFINISHED).order_by("pk")
    run_ids = list(rows.values_list("pk", flat=True))
    for run_id in run_ids:
        fail_run(run_id, failure=INTERRUPTED, now=now)
    return len(run_ids)
