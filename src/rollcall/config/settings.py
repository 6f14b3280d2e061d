"""Django's settings. What an administrator sets is in rollcall.environment, not here.

The database stands in `DATABASES` when this machine was opened (rollcall.host.opening).
"""

from rollcall.web.script_modules import ask_each_time

DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "rollcall"}}

INSTALLED_APPS = [
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "procrastinate.contrib.django",
    "rollcall.tenants",
    "rollcall.audit",
    "rollcall.fleet",
    "rollcall.mail",
    "rollcall.accounts",
    "rollcall.access",
    "rollcall.telephony",
    "rollcall.phonebook",
    "rollcall.calling",
    "rollcall.integrations",
    "rollcall.portal",
    "rollcall.webphone",
]

ROOT_URLCONF = "rollcall.config.urls"
APPEND_SLASH = False
MIDDLEWARE = [
    "rollcall.config.headers.security_headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "rollcall.web.hosts.known_hosts",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "rollcall.web.identity.who_asks",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "rollcall.portal.frame.frame",
            ],
            "builtins": [
                "django.templatetags.static",
                "django.templatetags.i18n",
                "rollcall.portal.templatetags.portal",
            ],
        },
    }
]

ALLOWED_HOSTS = ["*"]
"""Which hosts this server answers for is a setting of the machine: rollcall.web.hosts."""

CSRF_COOKIE_NAME = "__Host-csrf"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "rollcall.portal.views.errors.forged"
SESSION_COOKIE_SECURE = True  # the cookie of messages goes by these
SESSION_COOKIE_HTTPONLY = True
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
LANGUAGE_COOKIE_SECURE = True
LANGUAGE_COOKIE_SAMESITE = "Lax"

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024

STATIC_URL = "/static/"
STORAGES = {"staticfiles": {"BACKEND": "rollcall.web.static.NamedByContent"}}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 365 * 24 * 3600
WHITENOISE_ADD_HEADERS_FUNCTION = ask_each_time

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True
LOGGING_CONFIG = None
SECRET_KEY = "a process that serves pages sets its own"  # noqa: S105 - see rollcall.config.wsgi
