"""How many people have an extension, counted in an index: every page of the integration says it."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("telephony", "0004_filters")]

    operations = [
        AddIndexConcurrently(
            model_name="extension",
            index=models.Index(
                models.F("tenant"),
                models.F("state"),
                condition=models.Q(("deleted_at__isnull", True), ("source", "microsoft365")),
                name="extension_people",
            ),
        ),
    ]
