"""A kind of process more. The table is as it was: kinds are no constraint of it."""

from django.db import migrations, models

KINDS = [
    ("up", "Up"),
    ("web", "Web"),
    ("worker", "Worker"),
    ("scheduler", "Scheduler"),
    ("switch", "Switch"),
]


class Migration(migrations.Migration):
    dependencies = [("fleet", "0002_process_ids")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="process",
                    name="kind",
                    field=models.CharField(choices=KINDS, max_length=9),
                ),
            ],
        ),
    ]
