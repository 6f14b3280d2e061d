"""Django's view of this app."""

from django.apps import AppConfig


class TelephonyConfig(AppConfig):
    name = "rollcall.telephony"
