"""Addresses: the provider's pages."""

from django.urls import path

from rollcall.portal.pages.accounts import of_system
from rollcall.portal.views import tokens
from rollcall.portal.views.system import audit, clouds, mail, server, tenant, tenants

urlpatterns = [
    path("tenants", tenants.list_all, name="system-tenants"),
    path("tenants.csv", tenants.export, name="system-tenants-csv"),
    path("add-tenant", tenant.add, name="system-tenant-add"),
    path("tenants/<slug:tenant>", tenant.show, name="system-tenant"),
    path("tenants/<slug:tenant>/edit", tenant.edit, name="system-tenant-edit"),
    path("tenants/<slug:tenant>/suspend", tenant.suspend, name="system-tenant-suspend"),
    path("tenants/<slug:tenant>/resume", tenant.resume, name="system-tenant-resume"),
    path("tenants/<slug:tenant>/delete", tenant.delete, name="system-tenant-delete"),
    path("server", server.show, name="system-server"),
    path("clouds", clouds.show, name="system-clouds"),
    path("audit", audit.show, name="system-audit"),
    path("audit.csv", audit.export, name="system-audit-csv"),
    path("mail", mail.mail, name="system-mail"),
    path("mail/test", mail.test, name="system-mail-test"),
    path("mail/retry", mail.retry, name="system-mail-retry"),
    path("mail/forget", mail.forget, name="system-mail-forget"),
    path("tokens", tokens.list_of_system, name="system-tokens"),
    path("tokens/new", tokens.new_of_system, name="system-token-new"),
    path("tokens/<int:token_id>/revoke", tokens.revoke_of_system, name="system-token-revoke"),
    *of_system,
]
