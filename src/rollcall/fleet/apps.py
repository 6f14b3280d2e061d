"""Django's view of this app."""

from django.apps import AppConfig


class FleetConfig(AppConfig):
    name = "rollcall.fleet"
