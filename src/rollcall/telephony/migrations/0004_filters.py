"""Few among many extensions, found by an index: released ones, and those made by hand."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("telephony", "0003_search_rows")]

    operations = [
        AddIndexConcurrently(
            model_name="extension",
            index=models.Index(
                models.F("tenant"),
                models.F("number"),
                models.F("id"),
                condition=models.Q(("state", "released")),
                name="extension_released",
            ),
        ),
        AddIndexConcurrently(
            model_name="extension",
            index=models.Index(
                models.F("tenant"),
                models.F("number"),
                condition=models.Q(("source", "local")),
                name="extension_local",
            ),
        ),
    ]
