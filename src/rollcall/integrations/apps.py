"""Django's view of this app."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "rollcall.integrations"
