"""Check: the set-up doctor from the portal, with scripts and without; and ids tried as pasted."""

import inspect
import re
import time
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from rollcall.core.findings import Finding, Light
from rollcall.integrations.check_operations import (
    Learnt,
    begin_check,
    end_check,
    forget_directory,
    keep_findings,
)
from rollcall.integrations.queries import list_key_pairs
from rollcall.integrations.status import CheckView, find_check
from rollcall.portal.views.integration.findings import SENTENCES
from rollcall.providers.m365 import check as provider
from rollcall.wiring.machine import utc_now
from tests.integration.conftest import MakeSite
from tests.integration.portal.conftest import SignIn
from tests.integration.portal.test_permissions import PAGE, text_of
from tests.simulator.control import Simulator
from tests.sites import Site

HTMX = {"HX-Request": "true"}
PATIENCE = 20.0
STEPS = (
    "Certificate",
    "Directory",
    "Clock",
    "Sign-in of the application",
    "Permissions",
    "Organisation",
    "People",
    "A mailbox",
    "A photo",
    "Shared mailboxes",
    "Redirect URIs",
)


@pytest.fixture
def site(new_site: MakeSite) -> Site:
    """A tenant that is connected, with all that can be read switched on."""
    return new_site("people:6:2", personal_contacts=True, company_contacts=True)


@pytest.fixture
def visitor(site: Site, sign_in: SignIn) -> Client:
    """Its administrator."""
    return sign_in("administrator", site.tenant.id)


def test_without_scripts_the_answer_waits_and_shows_every_step(site: Site, visitor: Client) -> None:
    answer = visitor.post(f"{PAGE}check", follow=True)

    told = text_of(answer)
    for step in STEPS:
        assert f" {step} " in told
    assert "Checked just now" in told
    assert "Connected to" in told
    assert "does not work" not in told
    check = find_check(site.tenant.id)
    assert check is not None
    assert check.domain == site.directory.info.domains[1]
    assert check.lacking == ()
    assert [key.state for key in list_key_pairs(site.tenant.id)] == ["active"]


def test_the_sentences_that_are_translated_are_the_providers() -> None:
    source = " ".join(Path(inspect.getsourcefile(provider) or "").read_text().split())

    assert [each for each in SENTENCES if f'"{each}"' not in source] == []


def test_with_scripts_the_steps_come_one_by_one(site: Site, visitor: Client) -> None:
    begun = visitor.post(f"{PAGE}check", headers=HTMX)

    assert begun.status_code == 200
    assert "Checking…" in text_of(begun)
    answer = begun
    until = time.monotonic() + PATIENCE
    while answer.status_code == 200 and time.monotonic() < until:
        next_look = re.search(r'hx-get="([^"]+)" hx-trigger="load delay:1s"', str(answer.content))
        assert next_look
        time.sleep(0.2)
        answer = visitor.get(next_look[1], headers=HTMX)
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == PAGE
    assert "Connected to" in text_of(visitor.get(PAGE))


def test_what_is_missing_is_said_with_what_to_do(site: Site, visitor: Client) -> None:
    site.application.set_roles("User.Read.All")

    told = text_of(visitor.post(f"{PAGE}check", follow=True))

    assert "something is missing" in told
    assert "Not in the token: Contacts.Read. Grant admin consent" in told
    assert "The check found trouble" in told
    check = find_check(site.tenant.id)
    assert check is not None
    assert (check.granted, check.lacking) == (("User.Read.All",), ("Contacts.Read",))


def test_a_certificate_that_was_never_uploaded_is_told_apart(
    new_site: MakeSite, sign_in: SignIn
) -> None:
    site = new_site("people:1")
    visitor = sign_in("administrator", site.tenant.id)
    site.application.remove_certificate(list_key_pairs(site.tenant.id)[0].sha1)

    told = text_of(visitor.post(f"{PAGE}check", follow=True))

    assert "Microsoft does not know the certificate" in told
    assert "Not tried: an earlier step failed." in told
    assert "Not connected" in told


def test_a_wrong_clock_has_a_step_of_its_own(
    site: Site, visitor: Client, simulator: Simulator
) -> None:
    simulator.set_clock(-3600)

    told = text_of(visitor.post(f"{PAGE}check", follow=True))

    assert "This machine's clock is 60 minutes ahead of Microsoft's" in told
    check = find_check(site.tenant.id)
    assert check is not None
    assert {each.step: each.light for each in check.findings}["clock"] == "red"


def test_one_check_of_a_tenant_goes_on_at_a_time(site: Site, visitor: Client) -> None:
    assert begin_check(site.integration, now=utc_now())

    answer = visitor.post(f"{PAGE}check", headers=HTMX)

    assert "Checking…" in text_of(answer)
    check = find_check(site.tenant.id)
    assert check is not None
    assert check.findings == ()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE integrations_setupcheck SET started_at = now() - interval '1 hour'")
    assert "It was interrupted" in text_of(visitor.get(PAGE))
    assert begin_check(site.integration, now=utc_now())


def test_a_check_that_was_overtaken_keeps_nothing(site: Site) -> None:
    began = utc_now()
    assert begin_check(site.integration, now=began)
    keep_findings(site.integration, [Finding("clock", Light.RED, "old")], began=began)
    forget_directory(site.tenant.id)
    assert begin_check(site.integration, now=utc_now())

    keep_findings(site.integration, [Finding("clock", Light.RED, "old")], began=began)
    end_check(site.integration, [], Learnt(domain="old.example"), began=began, now=utc_now())

    check = find_check(site.tenant.id)
    assert check is not None
    assert (check.finished_at, check.findings, check.domain) == (None, (), "")


def test_a_check_needs_ids_and_a_key_pair(new_site: MakeSite, sign_in: SignIn) -> None:
    site = new_site("people:1")
    visitor = sign_in("administrator", site.tenant.id)
    (key,) = list_key_pairs(site.tenant.id)
    visitor.post(f"{PAGE}keys/{key.id}/retire")

    told = text_of(visitor.post(f"{PAGE}check", follow=True))

    assert "Fill in the ids and generate a key pair first." in told
    assert find_check(site.tenant.id) is None


def await_check(site: Site) -> CheckView:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        check = find_check(site.tenant.id)
        if check and check.finished_at:
            return check
        time.sleep(0.1)
    raise AssertionError("the check did not end")


def test_saved_ids_are_checked_and_what_was_known_of_others_is_forgotten(
    site: Site, visitor: Client
) -> None:
    visitor.post(f"{PAGE}check")
    ids = {"application_id": site.directory.directory_id, "directory_id": DIRECTORY_OF_NOBODY}

    visitor.post(f"{PAGE}ids", ids)

    check = await_check(site)
    assert check.domain == ""
    told = text_of(visitor.get(PAGE))
    assert "There is no directory with this Directory (tenant) ID" in told
    assert "not found" in told


DIRECTORY_OF_NOBODY = "9b2d5f30-7c1a-4f7e-8a51-0d5c1c6f2b11"


def try_ids(visitor: Client, application: str, directory: str) -> str:
    ids = {"application_id": application, "directory_id": directory}
    answer = visitor.post(f"{PAGE}ids/try", ids, headers=HTMX)
    assert answer.status_code == 200
    return text_of(answer)


def test_ids_are_tried_as_they_are_pasted(site: Site, visitor: Client) -> None:
    application, directory = site.application.application_id, site.directory.directory_id

    assert "The directory is there" in try_ids(visitor, application, directory)
    assert "The two ids are swapped" in try_ids(visitor, directory, application)
    missing = try_ids(visitor, application, DIRECTORY_OF_NOBODY)
    assert "There is no directory with this Directory (tenant) ID" in missing
    assert "a domain or an address" in try_ids(visitor, "contoso.com", directory)
    assert "Paste the id" not in try_ids(visitor, application, "")
    kept = site.integration
    assert (kept.application_id, kept.directory_id) == (application, directory)


def test_a_silent_microsoft_does_not_keep_anybody_from_saving(
    site: Site, visitor: Client, simulator: Simulator
) -> None:
    simulator.fault("status", host="login", status=503, times=None)

    told = try_ids(visitor, site.application.application_id, site.directory.directory_id)

    assert "It could not be tried now." in told


def test_a_directory_of_another_cloud_is_told_apart(
    new_site: MakeSite, sign_in: SignIn, simulator: Simulator
) -> None:
    site = new_site("people:1")
    other = simulator.add_directory("people:1,name=elsewhere,cloud=china")
    visitor = sign_in("administrator", site.tenant.id)

    told = try_ids(visitor, site.application.application_id, other.directory_id)

    assert "in another national cloud" in told
