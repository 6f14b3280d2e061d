"""Addresses: tokens of the API, and the audit log."""

from django.urls import path

from rollcall.portal.views import audit, tokens

urlpatterns = [
    path("tokens", tokens.list_all, name="tokens"),
    path("tokens/new", tokens.new, name="token-new"),
    path("tokens/<int:token_id>/revoke", tokens.revoke, name="token-revoke"),
    path("audit", audit.show, name="audit"),
    path("audit.csv", audit.export, name="audit-csv"),
]
