"""Django's view of this app."""

from django.apps import AppConfig


class PhonebookConfig(AppConfig):
    name = "rollcall.phonebook"
