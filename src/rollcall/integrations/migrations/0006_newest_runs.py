"""Found by an index: the newest run of a tenant, plans that wait, and what failed of late."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("integrations", "0005_health")]

    operations = [
        AddIndexConcurrently(
            model_name="syncrun",
            index=models.Index(
                fields=["tenant", "-id"],
                name="run_newest_ended",
                condition=models.Q(dry_run=False, state__in=("applied", "failed", "held")),
            ),
        ),
        AddIndexConcurrently(
            model_name="syncrun",
            index=models.Index(
                fields=["tenant"],
                name="run_held",
                condition=models.Q(dry_run=False, state="held"),
            ),
        ),
        AddIndexConcurrently(
            model_name="syncrun",
            index=models.Index(
                fields=["finished_at"],
                name="run_failed",
                condition=models.Q(dry_run=False, state="failed"),
            ),
        ),
    ]
