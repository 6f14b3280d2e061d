"""Addresses: accounts of others. A tenant's and the system's have the same pages."""

from django.urls import path

from rollcall.portal.views.accounts import changes, listing

urlpatterns = [
    path("accounts", listing.list_all, name="accounts"),
    path("accounts/invite", listing.invite, name="account-invite"),
    path("accounts/<int:account>", changes.show, name="account-of"),
    path("accounts/<int:account>/disable", changes.disable, name="account-disable"),
    path("accounts/<int:account>/enable", changes.enable, name="account-enable"),
    path("accounts/<int:account>/send-link", changes.send_link, name="account-send-link"),
    path("accounts/<int:account>/drop-device", changes.drop_device, name="account-drop-device"),
]

of_system = [
    path("administrators", listing.list_of_system, name="system-accounts"),
    path("administrators/invite", listing.invite_to_system, name="system-account-invite"),
    path(
        "administrators/<int:account>",
        changes.show_of_system,
        name="system-account-of",
    ),
    path(
        "administrators/<int:account>/disable",
        changes.disable_of_system,
        name="system-account-disable",
    ),
    path(
        "administrators/<int:account>/enable",
        changes.enable_of_system,
        name="system-account-enable",
    ),
    path(
        "administrators/<int:account>/send-link",
        changes.send_link_of_system,
        name="system-account-send-link",
    ),
    path(
        "administrators/<int:account>/drop-device",
        changes.drop_device_of_system,
        name="system-account-drop-device",
    ),
]
