"""Addresses: the provider's pages."""

from django.urls import path

from rollcall.portal.views.system import tenants

urlpatterns = [
    path("tenants", tenants.list_all, name="system-tenants"),
]
