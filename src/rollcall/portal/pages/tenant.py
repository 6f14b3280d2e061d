"""Addresses: the pages of a tenant. The slug is taken by the view's audience."""

from django.urls import URLPattern, URLResolver, include, path

from rollcall.portal.views import notices, switching, tenant_settings
from rollcall.portal.views.entry import sign_in

urlpatterns: list[URLPattern | URLResolver] = [
    path("", sign_in.tenant_home, name="tenant-home"),
    path("sign-in", sign_in.tenant_sign_in, name="tenant-sign-in"),
    path("enter", switching.enter, name="switch-to"),
    path("leave", switching.leave, name="switch-back"),
    path("notices", notices.notices, name="notices"),
    path("settings", tenant_settings.settings, name="tenant-settings"),
    path("", include("rollcall.portal.pages.access")),
    path("", include("rollcall.portal.pages.accounts")),
    path("", include("rollcall.portal.pages.calling")),
    path("", include("rollcall.portal.pages.pbx")),
    path("integration/", include("rollcall.portal.pages.integration")),
]
