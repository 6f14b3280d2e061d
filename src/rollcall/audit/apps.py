"""Django's view of this app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "rollcall.audit"
