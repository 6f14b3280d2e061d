"""Addresses: extensions, numbers, contacts."""

from django.urls import path

from rollcall.portal.views.pbx import extension, extensions, imports, numbers, proposals

urlpatterns = [
    path("extensions", extensions.list_all, name="extensions"),
    path("extensions/new", extension.new, name="extension-new"),
    path("extensions/import", imports.numbers, name="extensions-import"),
    path("extensions/export.csv", extensions.export, name="extensions-csv"),
    path("extensions/proposals", proposals.proposals, name="proposals"),
    path("extensions/<int:extension>", extension.show, name="extension"),
    path("extensions/<int:extension>/edit", extension.edit, name="extension-edit"),
    path("extensions/<int:extension>/delete", extension.delete, name="extension-delete"),
    path("extensions/<int:extension>/photo", extension.photo, name="extension-photo"),
    path("extensions/<int:extension>/link", extension.link, name="extension-link"),
    path("extensions/<int:extension>/unlink", extension.unlink, name="extension-unlink"),
    path("numbers", numbers.show, name="numbers"),
    path("colleagues", extensions.colleagues, name="colleagues"),
]
