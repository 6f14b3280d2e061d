"""Django's view of this app."""

from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "rollcall.mail"
