"""Found by an index: the sessions of one of Microsoft's, which ends them all."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("accounts", "0002_microsoft")]

    operations = [
        AddIndexConcurrently(
            model_name="session",
            index=models.Index(
                "directory_session",
                name="session_of_directory",
                condition=~models.Q(directory_session=""),
            ),
        ),
    ]
