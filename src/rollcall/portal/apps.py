"""Django's view of this app. It has no tables."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "rollcall.portal"
