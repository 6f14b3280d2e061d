"""Django's settings. What an administrator sets is in rollcall.environment, not here.

The database stands in `DATABASES` when this machine was opened (rollcall.host.opening).
"""

DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "rollcall"}}

INSTALLED_APPS = [
    "procrastinate.contrib.django",
    "rollcall.tenants",
    "rollcall.audit",
    "rollcall.fleet",
    "rollcall.telephony",
    "rollcall.phonebook",
    "rollcall.integrations",
]

ROOT_URLCONF = "rollcall.config.urls"
MIDDLEWARE = ["rollcall.config.headers.security_headers"]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
LOGGING_CONFIG = None
SECRET_KEY = "no page, no session, no signature in this process"  # noqa: S105 - nothing is signed with it yet
