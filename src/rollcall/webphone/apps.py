"""Django's view of this app. It has no tables."""

from django.apps import AppConfig


class WebphoneConfig(AppConfig):
    name = "rollcall.webphone"
