"""Addresses: phones, the trunk, calls."""

from django.urls import path

from rollcall.portal.views.calling import calls, trunk, trunk_numbers
from rollcall.portal.views.pbx import extension_phones, own_phones

OWN = "my-phones/<int:device>"
OF_EXTENSION = "extensions/<int:extension>/phones"

urlpatterns = [
    path("calls", calls.show, name="calls"),
    path("calls.csv", calls.export, name="calls-csv"),
    path("my-calls", calls.own, name="my-calls"),
    path("trunk", trunk.show, name="trunk"),
    path("trunk/remove", trunk.remove, name="trunk-remove"),
    path("trunk/emergency", trunk.emergency, name="trunk-emergency"),
    path("trunk/extensions", trunk_numbers.choices, name="trunk-extension-choices"),
    path("trunk/numbers", trunk_numbers.show, name="trunk-numbers"),
    path("trunk/numbers/add", trunk_numbers.add, name="trunk-numbers-add"),
    path("trunk/numbers/propose", trunk_numbers.propose, name="trunk-numbers-propose"),
    path("trunk/numbers/<int:trunk_number>", trunk_numbers.assign, name="trunk-number"),
    path(
        "trunk/numbers/<int:trunk_number>/remove", trunk_numbers.remove, name="trunk-number-remove"
    ),
    path("my-phones", own_phones.show, name="my-phones"),
    path("my-phones/new", own_phones.add, name="my-phone-new"),
    path(f"{OWN}/rename", own_phones.rename, name="my-phone-rename"),
    path(f"{OWN}/renew", own_phones.renew, name="my-phone-renew"),
    path(f"{OWN}/sign-out", own_phones.sign_out, name="my-phone-sign-out"),
    path(f"{OWN}/remove", own_phones.remove, name="my-phone-remove"),
    path(f"{OF_EXTENSION}/new", extension_phones.add, name="extension-phone-new"),
    path(
        f"{OF_EXTENSION}/<int:device>/rename",
        extension_phones.rename,
        name="extension-phone-rename",
    ),
    path(
        f"{OF_EXTENSION}/<int:device>/renew", extension_phones.renew, name="extension-phone-renew"
    ),
    path(
        f"{OF_EXTENSION}/<int:device>/sign-out",
        extension_phones.sign_out,
        name="extension-phone-sign-out",
    ),
    path(
        f"{OF_EXTENSION}/<int:device>/remove",
        extension_phones.remove,
        name="extension-phone-remove",
    ),
]
