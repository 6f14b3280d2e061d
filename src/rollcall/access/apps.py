"""Django's view of this app."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "rollcall.access"
