"""Django's description of this app."""

from django.apps import AppConfig


class CallingConfig(AppConfig):
    """Desk phones, web phones' credentials, trunks, calls."""

    name = "rollcall.calling"
    label = "calling"
