"""Numbers by their first digits: one person's and the company's, dialled and internal ones."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Collate


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("phonebook", "0003_search_rows")]

    operations = [
        AddIndexConcurrently(
            model_name="contactnumber",
            index=models.Index(
                models.F("tenant"),
                models.F("holder"),
                models.F("e164"),
                condition=models.Q(("e164__isnull", False)),
                name="number_typed",
            ),
        ),
        AddIndexConcurrently(
            model_name="contactnumber",
            index=models.Index(
                models.F("tenant"),
                models.F("holder"),
                Collate("number", "C"),
                condition=models.Q(("e164__isnull", True)),
                name="number_short",
            ),
        ),
    ]
