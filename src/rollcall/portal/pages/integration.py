"""Addresses: Advanced > Microsoft 365 Integration."""

from django.urls import URLPattern, URLResolver, include, path

from rollcall.portal.views.integration import check, header, keys, permissions, reset

urlpatterns: list[URLPattern | URLResolver] = [
    path("", permissions.show, name="integration"),
    path("ids", permissions.save_ids, name="integration-ids"),
    path("ids/try", check.try_ids, name="integration-try-ids"),
    path("cloud", permissions.save_cloud, name="integration-cloud"),
    path("time", permissions.save_time, name="integration-time"),
    path("check", check.check, name="integration-check"),
    path("keys/new", keys.generate, name="integration-key-new"),
    path("keys/<int:key>/public_key.pem", keys.download, name="integration-key-file"),
    path("keys/<int:key>/retire", keys.retire, name="integration-key-retire"),
    path("pause", header.pause, name="integration-pause"),
    path("resume", header.resume, name="integration-resume"),
    path("reset", reset.reset, name="integration-reset"),
    path("", include("rollcall.portal.pages.runs")),
    path("", include("rollcall.portal.pages.integration_settings")),
]
