"""For all tests: Django is set up once, and no test reads the settings of this machine.

A shell starts what runs in the background with Ctrl-C switched off, and its children inherit
that; tests press Ctrl-C.
"""

import os
import signal

import django

for name in [name for name in os.environ if name.startswith("ROLLCALL_")]:
    if not name.startswith(("ROLLCALL_TEST_", "ROLLCALL_SHARED")):
        del os.environ[name]
os.environ["ROLLCALL_SWITCH"] = "off"  # tests of the switch start one with ports of its own
signal.signal(signal.SIGINT, signal.default_int_handler)
os.environ["DJANGO_SETTINGS_MODULE"] = "rollcall.config.settings"
django.setup()
