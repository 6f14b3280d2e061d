"""Addresses of the web phone. None names a tenant: it is that of whoever asks.

Its sign-in page is the portal's, at an address of its own (rollcall.config.urls).
"""

from django.urls import path

from rollcall.webphone import app_views, call_views, line_views, views

urlpatterns = [
    path("", views.home, name="phone"),
    path("colleagues/<int:extension>", views.colleague, name="phone-colleague"),
    path("my-contacts/<int:own_contact>", views.own_contact, name="phone-own-contact"),
    path("contacts/<int:contact>", views.company_contact, name="phone-company-contact"),
    path("calls", call_views.calls, name="phone-calls"),
    path("line", line_views.line, name="phone-line"),
    path("who", line_views.who, name="phone-who"),
    path("presence", line_views.presence, name="phone-presence"),
    path("manifest.webmanifest", app_views.manifest, name="phone-manifest"),
    path("worker.js", app_views.worker, name="phone-worker"),
    path("offline", app_views.offline, name="phone-offline"),
]
