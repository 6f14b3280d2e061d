"""The tab Permissions: the guide, the ids, the cloud, key pairs, consent, the time of the sync."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from cryptography import x509
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from rollcall.audit.models import AuditEntry
from rollcall.environment.values import HostPort
from rollcall.integrations.operations import NewList, new_key_pair
from rollcall.integrations.queries import find_integration, list_key_pairs
from rollcall.tenants.operations import add_tenant
from rollcall.tenants.queries import TenantView
from rollcall.wiring.machine import Machine
from tests.integration.conftest import MakeSite
from tests.integration.portal.conftest import SignIn
from tests.simulator.control import op
from tests.sites import CLOUD, Site

APPLICATION = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
DIRECTORY = "9b2d5f30-7c1a-4f7e-8a51-0d5c1c6f2b11"
PAGE = "/t/contoso/integration/"
STEPS = ("register", "ids", "cloud", "key-pair", "permissions", "time")


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """A machine with a web domain and an SBC domain."""
    known = msgspec.structs.replace(
        machine.environment,
        web_domain=HostPort("pbx.example.com", 443),
        sbc_domain=HostPort("sbc.example.com", 8443),
    )
    return Machine(known, machine.conninfo)


@pytest.fixture
def tenant(machine: Machine) -> TenantView:
    """A tenant of which nothing is set up yet."""
    return add_tenant(
        slug="contoso",
        name="Contoso " + "and sons " * 20,
        sip_domain="contoso.example",
        time_zone="Europe/Berlin",
        country="DE",
    )


@pytest.fixture
def visitor(tenant: TenantView, sign_in: SignIn) -> Client:
    """The administrator of that tenant."""
    return sign_in("administrator", tenant.id)


def text_of(answer: Any) -> str:
    """Return what a page says, without its marks."""
    words = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return html.unescape(" ".join(words.split()))


def open_step(answer: Any) -> list[str]:
    page = answer.content.decode()
    found = re.findall(r'<li id="([\w-]+)">\s*<details( open)?>', page)
    assert [name for name, _ in found] == list(STEPS)
    return [name for name, opened in found if opened]


def test_a_new_tenant_sees_six_steps_and_the_first_is_open(visitor: Client) -> None:
    answer = visitor.get(PAGE)

    assert answer.status_code == 200
    assert open_step(answer) == ["register"]
    page = answer.content.decode()
    assert 'data-copy="https://pbx.example.com/ms365/callback"' in page
    assert 'data-copy="https://sbc.example.com:8443/ms365/callback"' in page
    assert "Not connected" in text_of(answer)
    assert "Sync now" not in page
    assert 'class="error"' not in page


def test_the_redirect_uris_do_not_follow_the_host_that_was_asked_for(visitor: Client) -> None:
    page = visitor.get(PAGE, HTTP_HOST="127.0.0.1").content.decode()

    assert "https://127.0.0.1" not in page


def test_the_ids_are_trimmed_and_kept_and_noted(visitor: Client, tenant: TenantView) -> None:
    answer = visitor.post(
        f"{PAGE}ids",
        {"application_id": f" {APPLICATION.upper()}\n", "directory_id": f"{{{DIRECTORY}}} "},
    )

    assert answer.status_code == 302
    kept = find_integration(tenant.id)
    assert kept is not None
    assert (kept.application_id, kept.directory_id) == (APPLICATION, DIRECTORY)
    assert open_step(visitor.get(PAGE)) == ["key-pair"]
    entry = AuditEntry.objects.of(tenant.id).get(action="integration.changed")
    assert entry.actor == "administrator1@rollcall.example"


@pytest.mark.parametrize(
    ("application", "directory", "sentence"),
    [
        ("contoso.onmicrosoft.com", DIRECTORY, "a domain or an address"),
        (APPLICATION, "3f2504e0", "8 of 36 characters"),
        ("ab8Q~" + "x" * 35, DIRECTORY, "No client secret is needed"),
        (APPLICATION, APPLICATION, "the same id as above"),
        ("", DIRECTORY, "Paste the id"),
        ("<script>alert(1)</script>", DIRECTORY, "is not a GUID"),
        ("x" * 500, DIRECTORY, "200 characters"),
    ],
)
def test_a_wrong_id_is_explained_at_its_field_and_nothing_is_kept(
    visitor: Client, tenant: TenantView, application: str, directory: str, sentence: str
) -> None:
    answer = visitor.post(f"{PAGE}ids", {"application_id": application, "directory_id": directory})

    assert answer.status_code == 200
    assert open_step(answer) == ["ids"]
    assert sentence in text_of(answer)
    assert html.escape(application) in answer.content.decode()
    assert "<script>alert" not in answer.content.decode()
    assert find_integration(tenant.id) is None


def test_a_cloud_is_one_of_this_machine(visitor: Client, tenant: TenantView) -> None:
    page = visitor.get(f"{PAGE}?step=cloud").content.decode()
    for name in ("GLOBAL", "CHINA", "USGOV_L4", "USGOV_L5", CLOUD):
        assert f'<option value="{name}"' in page

    assert visitor.post(f"{PAGE}cloud", {"cloud": CLOUD}).status_code == 302
    refused = visitor.post(f"{PAGE}cloud", {"cloud": "NARNIA"})

    assert refused.status_code == 200
    assert open_step(refused) == ["cloud"]
    kept = find_integration(tenant.id)
    assert kept is not None
    assert kept.cloud == CLOUD


def test_a_new_key_pair_is_downloaded_and_shown_as_pending(
    visitor: Client, tenant: TenantView
) -> None:
    answer = visitor.post(f"{PAGE}keys/new", {"days": "90"})

    assert answer.status_code == 302
    page = visitor.get(answer["Location"])
    address = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page.content.decode())
    assert address
    file = visitor.get(address[1])
    assert file["Content-Disposition"] == 'attachment; filename="public_key.pem"'
    certificate = x509.load_pem_x509_certificate(file.content)
    (key,) = list_key_pairs(tenant.id)
    assert b"PRIVATE" not in file.content
    assert (key.state, certificate.not_valid_after_utc) == ("pending", key.not_after)
    assert f'data-copy="{key.sha1}"' in page.content.decode()
    assert f'data-copy="{key.sha256}"' in page.content.decode()
    assert "90 days left" in text_of(page)
    assert "http-equiv" not in visitor.get(PAGE).content.decode()
    kept = find_integration(tenant.id)
    assert kept is not None
    assert kept.certificate_days == 90


@pytest.mark.parametrize("days", ["0", "1101", "", "many"])
def test_a_validity_that_no_certificate_has_is_refused(
    visitor: Client, tenant: TenantView, days: str
) -> None:
    answer = visitor.post(f"{PAGE}keys/new", {"days": days})

    assert answer.status_code == 200
    assert open_step(answer) == ["key-pair"]
    assert 'class="error"' in answer.content.decode()
    assert list_key_pairs(tenant.id) == []


def test_a_key_pair_is_retired_after_a_word_of_warning(new_site: MakeSite, sign_in: SignIn) -> None:
    site = new_site("people:1")
    visitor = sign_in("administrator", site.tenant.id)
    site.sync()
    (key,) = list_key_pairs(site.tenant.id)
    assert "every sync fails until another one is accepted" in text_of(visitor.get(PAGE))

    answer = visitor.post(f"{PAGE}keys/{key.id}/retire", follow=True)

    assert "The key pair is retired." in text_of(answer)
    assert list_key_pairs(site.tenant.id)[0].state == "retired"
    again = visitor.post(f"{PAGE}keys/{key.id}/retire", follow=True)
    assert "retired already" in text_of(again)


def test_another_tenants_key_pair_is_as_one_that_does_not_exist(
    visitor: Client, new_site: MakeSite
) -> None:
    theirs = new_site("people:1", slug="fabrikam").tenant
    (key,) = list_key_pairs(theirs.id)

    for number in (key.id, 987654):
        for answer in (
            visitor.get(f"{PAGE}keys/{number}/public_key.pem"),
            visitor.post(f"{PAGE}keys/{number}/retire"),
        ):
            assert answer.status_code == 404
    assert "refresh" not in visitor.get(f"{PAGE}?download={key.id}").content.decode()
    assert list_key_pairs(theirs.id)[0].state == "pending"


def test_the_time_is_kept_to_the_minute(visitor: Client, tenant: TenantView) -> None:
    answer = visitor.post(f"{PAGE}time", {"sync_time": "23:30"}, follow=True)

    assert "The time of the sync is saved." in text_of(answer)
    kept = find_integration(tenant.id)
    assert kept is not None
    assert kept.sync_time == "23:30"
    for wrong in ("24:00", "noon", ""):
        refused = visitor.post(f"{PAGE}time", {"sync_time": wrong})
        assert refused.status_code == 200
        assert open_step(refused) == ["time"]


def test_the_permissions_are_those_of_the_switches(new_site: MakeSite, sign_in: SignIn) -> None:
    site = new_site("people:1")
    visitor = sign_in("administrator", site.tenant.id)
    before = text_of(visitor.get(PAGE))
    assert "User.Read.All" in before
    assert "Read people's own contacts" not in before

    site.set(personal_contacts=True, company_contacts=True, sign_in=True)

    after = text_of(visitor.get(PAGE))
    for name in ("User.Read.All", "Contacts.Read", "MailboxSettings.Read", "openid", "profile"):
        assert f"Copy permission {name}" not in after
        assert name in after


def test_admin_consent_is_a_link_that_comes_back_here(visitor: Client) -> None:
    visitor.post(f"{PAGE}ids", {"application_id": APPLICATION, "directory_id": DIRECTORY})
    found = re.search(r'href="([^"]+/adminconsent[^"]+)"', visitor.get(PAGE).content.decode())
    assert found
    address = urlsplit(html.unescape(found[1]))
    assert (address.netloc, address.path) == (
        "login.microsoftonline.com",
        f"/{DIRECTORY}/adminconsent",
    )
    asked = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert asked["client_id"] == APPLICATION
    assert asked["redirect_uri"] == "https://pbx.example.com/ms365/callback"

    given = visitor.get("/ms365/callback", {"admin_consent": "True", "state": asked["state"]})
    assert given["Location"] == PAGE
    assert "Admin consent was given." in text_of(visitor.get(PAGE))
    visitor.get("/ms365/callback", {"error": "permission_denied", "state": asked["state"]})
    assert "Admin consent was not given." in text_of(visitor.get(PAGE))


@pytest.mark.parametrize("state", ["", "contoso", "contoso:1abc:forged"])
def test_an_answer_that_nobody_asked_for_leads_to_the_first_page(
    visitor: Client, state: str
) -> None:
    answer = visitor.get("/ms365/callback", {"admin_consent": "True", "state": state})

    assert answer["Location"] == "/"
    assert "consent was given" not in text_of(visitor.get(PAGE))


def test_an_integration_is_paused_and_resumed(new_site: MakeSite, sign_in: SignIn) -> None:
    site = new_site("people:1")
    visitor = sign_in("administrator", site.tenant.id)
    site.sync()

    paused = visitor.post(f"{PAGE}pause", follow=True)
    assert is_paused(site)
    assert "The sync is paused" in text_of(paused)
    assert "Sync now" not in text_of(paused)

    resumed = visitor.post(f"{PAGE}resume", follow=True)
    assert not is_paused(site)
    assert "Sync now" in text_of(resumed)


def is_paused(site: Site) -> bool:
    return site.integration.paused


def test_the_header_tells_of_the_last_run(new_site: MakeSite, sign_in: SignIn) -> None:
    site = new_site("people:12,guests=0,disabled=0,nameless=0")
    visitor = sign_in("administrator", site.tenant.id)
    site.sync()

    told = text_of(visitor.get(PAGE))

    assert "Connected" in told
    assert "12 people" in told
    assert "certificate 36" in told
    site.application.set_enabled(enabled=False)
    site.clock.forward(hours=2)
    site.sync(expect="failed")
    told = text_of(visitor.get(PAGE))
    assert "The last run failed" in told


def test_the_header_warns_before_and_after_the_certificate_ends(
    new_site: MakeSite, sign_in: SignIn
) -> None:
    site = new_site("people:1")
    visitor = sign_in("administrator", site.tenant.id)
    site.sync()
    end_certificate(site.tenant.id, days=9)
    assert "The certificate ends in 9 days. Generate a new key pair" in text_of(visitor.get(PAGE))

    new_key_pair(
        site.tenant.id,
        actor="test",
        name="test",
        days=365,
        ring=site.machine.key_ring(),
        now=datetime.now(UTC),
    )
    assert "it is not accepted yet" in text_of(visitor.get(PAGE))

    end_certificate(site.tenant.id, days=-2)
    assert "The certificate has expired" in text_of(visitor.get(PAGE))


def end_certificate(tenant_id: int, *, days: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE integrations_keypair SET not_after = %s "
            "WHERE tenant_id = %s AND state = 'active'",
            [datetime.now(UTC) + timedelta(days=days, minutes=-1), tenant_id],
        )


def test_what_a_guard_holds_is_a_banner_that_leads_to_it(
    new_site: MakeSite, sign_in: SignIn
) -> None:
    site = new_site("people:20,guests=0,disabled=0,nameless=0")
    visitor = sign_in("administrator", site.tenant.id)
    site.sync()
    site.directory.change(*(op("disable", user=each.id) for each in site.directory.users()[:18]))
    run = site.sync(expect="held")

    page = visitor.get(PAGE)

    assert "Held:" in text_of(page)
    assert f'href="/t/contoso/integration/runs/{run.id}"' in page.content.decode()


def test_the_page_asks_as_much_however_much_there_is(new_site: MakeSite, sign_in: SignIn) -> None:
    site = new_site("people:3")
    visitor = sign_in("administrator", site.tenant.id)
    few = queries_of(visitor)
    lines = tuple(f"person{number}@contoso.example" for number in range(200))
    site.set(lists={"people": NewList("except", lines)})
    for _ in range(4):
        site.renew_key()
        site.sync(dry_run=True, expect=None)

    assert queries_of(visitor) <= few + 1
    assert few < 20


def queries_of(visitor: Client) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert visitor.get(PAGE).status_code == 200
    return len(captured)


def test_who_is_no_administrator_of_the_tenant_finds_no_page(
    tenant: TenantView, sign_in: SignIn
) -> None:
    user = sign_in("user", tenant.id)

    for path in ("", "check", "keys/1/public_key.pem"):
        assert user.get(f"{PAGE}{path}").status_code == 404
    for path in ("ids", "ids/try", "cloud", "time", "check", "keys/new", "keys/1/retire", "pause"):
        assert user.post(f"{PAGE}{path}").status_code == 404
