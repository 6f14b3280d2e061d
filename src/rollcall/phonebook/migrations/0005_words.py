"""Contacts by several words at once, and who calls."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from rollcall.phonebook.caller_schema import find_callers
from rollcall.tenants.search_keys import SearchedTable
from rollcall.tenants.word_search import find_by_words

_SEARCHED = SearchedTable(
    table="phonebook_contact",
    keys="phonebook_searchkey",
    row_key="contact_id",
    own=("tenant_id", "holder"),
    columns=("display_name", "first_name", "last_name", "company"),
    name="r.display_name",
    also="r.first_name || ' ' || r.last_name, r.company",
)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("phonebook", "0004_typed_numbers"), ("telephony", "0009_words")]

    operations = [
        AddIndexConcurrently(
            model_name="searchkey",
            index=models.Index(
                models.F("tenant"), models.F("contact"), models.F("key"), name="contact_words"
            ),
        ),
        AddIndexConcurrently(
            model_name="contactnumber",
            index=models.Index(
                models.F("tenant"),
                models.F("holder"),
                models.F("e164"),
                models.F("contact"),
                condition=models.Q(("e164__isnull", False)),
                name="number_caller",
            ),
        ),
        find_by_words(_SEARCHED),
        find_callers(),
    ]
