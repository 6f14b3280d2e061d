"""Addresses: coming in and going out."""

from django.urls import path

from rollcall.portal.views import entry

urlpatterns = [
    path("sign-in", entry.sign_in, name="sign-in"),
    path("sign-out", entry.sign_out, name="sign-out"),
]
