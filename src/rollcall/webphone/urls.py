"""Addresses of the web phone. None names a tenant: it is that of whoever asks.

Its sign-in page is the portal's, at an address of its own (rollcall.config.urls).
"""

from django.urls import path

from rollcall.webphone import views

urlpatterns = [
    path("", views.home, name="phone"),
    path("colleagues/<int:extension>", views.colleague, name="phone-colleague"),
    path("my-contacts/<int:own_contact>", views.own_contact, name="phone-own-contact"),
    path("contacts/<int:contact>", views.company_contact, name="phone-company-contact"),
]
