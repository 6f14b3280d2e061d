"""Addresses: the pages of a tenant. The slug is taken by the view's audience."""

from django.urls import URLPattern, URLResolver, include, path

from rollcall.portal.views import switching

urlpatterns: list[URLPattern | URLResolver] = [
    path("enter", switching.enter, name="switch-to"),
    path("leave", switching.leave, name="switch-back"),
    path("integration/", include("rollcall.portal.pages.integration")),
]
