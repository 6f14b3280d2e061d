"""Addresses: one's own account."""

from django.urls import path

from rollcall.portal.views import account

urlpatterns = [
    path("", account.account, name="account"),
]
