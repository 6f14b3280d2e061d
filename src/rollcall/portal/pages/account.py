"""Addresses: one's own account."""

from django.urls import path

from rollcall.portal.views.account import overview, secrets

urlpatterns = [
    path("", overview.show, name="account"),
    path("name", overview.rename, name="account-name"),
    path("password", secrets.change_password, name="account-password"),
    path("second-factor", secrets.set_up_device, name="account-device"),
    path("second-factor/remove", secrets.remove_device, name="account-device-remove"),
    path("recovery-codes", secrets.recovery_codes, name="account-recovery-codes"),
    path("sessions/end-others", overview.end_others, name="account-sessions-end-others"),
    path("sessions/<uuid:session>/end", overview.end_one, name="account-session-end"),
]
