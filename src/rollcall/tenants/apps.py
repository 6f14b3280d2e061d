"""Django's view of this app."""

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "rollcall.tenants"
