"""For all tests: Django is set up once, and no test reads the settings of this machine."""

import os

import django

for name in [name for name in os.environ if name.startswith("ROLLCALL_")]:
    if not name.startswith(("ROLLCALL_TEST_", "ROLLCALL_SHARED")):
        del os.environ[name]
os.environ["DJANGO_SETTINGS_MODULE"] = "rollcall.config.settings"
django.setup()
