"""Extensions by several words at once: what each word's keys are asked by, and a function."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from rollcall.tenants.search_keys import SearchedTable
from rollcall.tenants.word_search import find_by_words, word_functions

_SEARCHED = SearchedTable(
    table="telephony_extension",
    keys="telephony_searchkey",
    row_key="extension_id",
    own=("tenant_id",),
    columns=("display_name", "first_name", "last_name", "email"),
    name="r.display_name",
    also="r.first_name || ' ' || r.last_name",
    phrase="r.email",
)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("telephony", "0008_phone_key_rows")]

    operations = [
        AddIndexConcurrently(
            model_name="searchkey",
            index=models.Index(
                models.F("tenant"), models.F("extension"), models.F("key"), name="extension_words"
            ),
        ),
        word_functions(),
        find_by_words(_SEARCHED, only="r.state = 'active' AND r.deleted_at IS NULL"),
    ]
