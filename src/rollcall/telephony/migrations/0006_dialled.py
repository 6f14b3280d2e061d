"""Extensions by their number as a text: the switch asks for what was dialled."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Cast


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("telephony", "0005_people")]

    operations = [
        AddIndexConcurrently(
            model_name="extension",
            index=models.Index(
                models.F("tenant"),
                Cast("number", models.CharField()),
                condition=models.Q(("state", "released"), _negated=True),
                name="extension_dialled",
            ),
        ),
    ]
