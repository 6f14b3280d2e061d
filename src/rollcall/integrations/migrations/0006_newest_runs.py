"""The newest run of each tenant that came to something, and plans that wait, found by an index."""

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
    ]
