"""Addresses: extensions, numbers, contacts."""

from django.urls import path

from rollcall.portal.views.pbx import (
    contacts,
    extension,
    extensions,
    imports,
    numbers,
    proposals,
)

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
    path("contacts", contacts.company, name="company-contacts"),
    path("contacts/new", contacts.new, name="company-contact-new"),
    path("contacts/<int:contact>", contacts.show, name="company-contact"),
    path("contacts/<int:contact>/edit", contacts.edit, name="company-contact-edit"),
    path("contacts/<int:contact>/delete", contacts.delete, name="company-contact-delete"),
    path("my-contacts", contacts.own, name="my-contacts"),
    path("my-contacts/<int:own_contact>", contacts.show_own, name="my-contact"),
    path("colleagues", extensions.colleagues, name="colleagues"),
]
