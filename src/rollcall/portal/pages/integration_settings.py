"""Addresses: the tabs User sync, Sign in and Contact sync, and what they look up."""

from django.urls import path

from rollcall.portal.views.entry import testing
from rollcall.portal.views.integration import (
    chosen,
    contacts,
    pickers,
    range_picture,
    sign_in,
    users,
)

urlpatterns = [
    path("users", users.users, name="integration-users"),
    path("sign-in", sign_in.sign_in, name="integration-sign-in"),
    path("sign-in/test", testing.begin, name="integration-sign-in-test"),
    path("contacts", contacts.contacts, name="integration-contacts"),
    path("pick/people", pickers.pick_people, name="integration-pick-people"),
    path("pick/mailboxes", pickers.pick_mailboxes, name="integration-pick-mailboxes"),
    path("pick/candidates", pickers.pick_candidates, name="integration-pick-candidates"),
    path("chosen", chosen.show, name="integration-chosen"),
    path("range", range_picture.show, name="integration-range"),
]
