"""The addresses of the portal. Each corner has its own list; who may come in stands at the view."""

from django.urls import URLPattern, URLResolver, include, path

from rollcall.portal.views import home

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("", include("rollcall.portal.pages.entry")),
    path("account/", include("rollcall.portal.pages.account")),
    path("system/", include("rollcall.portal.pages.system")),
    path("t/<slug:tenant>/", include("rollcall.portal.pages.tenant")),
]
