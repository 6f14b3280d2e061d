"""Where the program `rollcall` begins: Django first, because the commands import its models."""

import os

import django


def main() -> None:
    """Run the program."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rollcall.config.settings")
    django.setup()
    from rollcall.cli.program import run

    run()
