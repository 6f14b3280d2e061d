"""Django's settings. What an administrator sets is in rollcall.environment, not here.

`_ROLLCALL_DATABASE` is no setting: whoever started the database hands its address over in it.
"""

import os
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from rollcall.environment import read_environment

ROLLCALL = read_environment(environ=os.environ, cwd=Path.cwd())

_address = conninfo_to_dict(os.environ.get("_ROLLCALL_DATABASE", "dbname=rollcall"))

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _address.pop("dbname", "rollcall"),
        "OPTIONS": _address,
    }
}

INSTALLED_APPS = [
    "rollcall.tenants",
    "rollcall.audit",
    "rollcall.telephony",
    "rollcall.phonebook",
    "rollcall.integrations",
]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
LOGGING_CONFIG = None
SECRET_KEY = "no page, no session, no signature in this process"  # noqa: S105 - nothing is signed with it yet
