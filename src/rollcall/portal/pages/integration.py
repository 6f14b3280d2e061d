"""Addresses: Advanced > Microsoft 365 Integration."""

from django.urls import path

from rollcall.portal.views.integration import permissions

urlpatterns = [
    path("", permissions.show, name="integration"),
]
