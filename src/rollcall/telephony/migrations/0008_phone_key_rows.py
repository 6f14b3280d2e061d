"""The phone keys of the extensions that are there already. Nobody waits: new ones have theirs."""

from django.db import migrations

from rollcall.telephony.phone_keys import fill_phone_keys


class Migration(migrations.Migration):
    dependencies = [("telephony", "0007_phone_keys")]

    operations = [fill_phone_keys()]
