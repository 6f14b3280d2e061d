"""Addresses: Advanced > Microsoft 365 Integration."""

from django.urls import URLPattern, URLResolver, path

from rollcall.portal.views.integration import header, permissions

urlpatterns: list[URLPattern | URLResolver] = [
    path("", permissions.show, name="integration"),
    path("pause", header.pause, name="integration-pause"),
    path("resume", header.resume, name="integration-resume"),
]
