"""The tab Sign in: what the settings come to, and who was refused of late."""

import re
from datetime import timedelta
from html import unescape

import msgspec
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from rollcall.accounts.operations import NewAccount, add_account, set_password
from rollcall.audit.models import AuditEntry
from rollcall.audit.operations import note
from rollcall.environment import HostPort
from rollcall.integrations.operations import NewList
from rollcall.integrations.queries import list_key_pairs
from rollcall.integrations.rules import ADMINISTRATORS
from rollcall.wiring.machine import Machine, utc_now
from tests.integration.conftest import MakeSite
from tests.integration.portal.conftest import SignIn
from tests.simulator.control import op
from tests.sites import Site

TAB = "/t/contoso/integration/sign-in"
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft " * 2


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """A machine with both domains."""
    known = msgspec.structs.replace(
        machine.environment,
        web_domain=HostPort("pbx.example", 443),
        sbc_domain=HostPort("sbc.example", 9443),
    )
    return Machine(known, machine.conninfo)


@pytest.fixture
def site(new_site: MakeSite) -> Site:
    """A tenant that was synchronised once, where nobody signs in with Microsoft yet."""
    site = new_site("people:8:0,guests=0,disabled=0,nameless=0", photos=False)
    site.sync()
    return site


@pytest.fixture
def administrator(site: Site, sign_in: SignIn) -> Client:
    """The tenant's administrator."""
    return sign_in("administrator", site.tenant.id)


def shown(client: Client) -> str:
    answer = client.get(TAB)
    assert answer.status_code == 200
    return unescape(re.sub(r"\s+", " ", answer.content.decode()))


def people_of(site: Site, *positions: int) -> NewList:
    every = [each.directory_object_id or "" for each in site.extensions()]
    chosen = [every[position] for position in positions]
    return NewList("only", tuple(chosen), {each: each for each in chosen})


def refuse(site: Site, reason: str, **detail: object) -> None:
    note(
        actor="nobody",
        action="sign_in.refused",
        tenant_id=site.tenant.id,
        detail={"address": "192.0.2.7", "method": "microsoft", "reason": reason, **detail},
    )


def test_before_it_is_switched_on_the_tab_says_what_is_left_to_do(administrator: Client) -> None:
    page = shown(administrator)
    assert "is not shown" in page
    assert "Somebody may sign in" in page
    assert "Microsoft has accepted a key pair" not in page
    assert "not part of this version" not in page


def test_a_new_tenant_is_told_each_thing_that_is_missing(
    new_site: MakeSite, sign_in: SignIn
) -> None:
    site = new_site("people:2")
    page = shown(sign_in("administrator", site.tenant.id))
    for each in ("Microsoft has accepted a key pair", "People were synchronised", "Somebody may"):
        assert each in page
    assert "The certificate has not expired" not in page
    assert "Application and directory are filled in" not in page


def test_with_all_of_it_the_button_is_shown_and_people_are_counted(
    site: Site, administrator: Client
) -> None:
    site.set(sign_in=True)
    page = shown(administrator)
    assert "is not shown" not in page
    assert "8 people may sign in." in page
    site.set(lists={"sign-in": people_of(site, 0, 1, 2)})
    assert "3 people may sign in." in shown(administrator)
    site.set(lists={"sign-in": NewList("except")})
    assert "5 people may sign in." in shown(administrator)
    assert list_key_pairs(site.tenant.id)[0].state == "active"


def test_administrators_alone_are_counted_alone(site: Site, administrator: Client) -> None:
    site.set(lists={ADMINISTRATORS: people_of(site, 4)})
    page = shown(administrator)
    assert "Administrators alone sign in." in page
    assert "1 of the directory enters as administrator." in page


def test_the_addresses_to_give_to_people_are_those_of_both_domains(administrator: Client) -> None:
    page = shown(administrator)
    for each in (
        "https://pbx.example/t/contoso/",
        "https://pbx.example/phone/",
        "https://sbc.example:9443/t/contoso/",
        "https://sbc.example:9443/phone/",
    ):
        assert f"<code>{each}</code>" in page


def test_the_administrators_who_stay_able_to_come_in_are_named(
    site: Site, administrator: Client
) -> None:
    assert "No local administrator has a password yet" in shown(administrator)
    glass = add_account(
        NewAccount(email="glass@contoso.example", role="administrator", tenant_id=site.tenant.id),
        actor="test",
    )
    set_password(glass, "correct horse battery staple", actor="test", now=utc_now())
    page = shown(administrator)
    assert "<bdi>glass@contoso.example</bdi>" in page
    assert "No local administrator has a password yet" not in page


def test_nobody_refused_is_an_empty_state(administrator: Client) -> None:
    assert "Nobody was refused in the last 30 days." in shown(administrator)


def test_refusals_say_who_why_and_what_would_let_them_in(site: Site, administrator: Client) -> None:
    person = site.extensions()[0]
    refuse(site, "not-selected", reference="ABCD2345", object_id=person.directory_object_id)
    refuse(site, "microsoft-consent_required", check="answer", reference="WXYZ6789")
    refuse(site, "signature", check="signature", reference="SSSS2222")
    page = shown(administrator)
    assert f"<bdi>{person.display_name}</bdi>" in page
    assert "ABCD2345" in page
    assert "Add the person to the selection under “Sign in”." in page
    assert "consent_required" in page
    assert "Not fulfilled: The directory signed it" in page
    assert str(person.directory_object_id) in page


def test_passwords_that_were_wrong_and_what_is_long_ago_are_not_listed(
    site: Site, administrator: Client
) -> None:
    refuse(site, "password", method="")
    refuse(site, "guest", reference="OLDOLD22")
    AuditEntry.objects.of(site.tenant.id).filter(detail__reference="OLDOLD22").update(
        at=utc_now() - timedelta(days=40)
    )
    assert "Nobody was refused in the last 30 days." in shown(administrator)
    refuse(site, "enforced", method="")
    assert "A password, while signing in with Microsoft is enforced" in shown(administrator)


def test_another_tenants_refusals_are_not_shown(
    site: Site, administrator: Client, new_site: MakeSite
) -> None:
    other = new_site("people:2,name=other", slug="other")
    refuse(other, "not-selected", reference="THEIRS22")
    assert "THEIRS22" not in shown(administrator)


def test_a_name_of_any_length_and_a_markup_in_a_reason_do_no_harm(
    site: Site, administrator: Client
) -> None:
    person = site.directory.users()[0]
    site.directory.change(op("update_user", user=person.id, set={"displayName": LONG[:120]}))
    site.sync()
    refuse(site, "<script>x</script>", reference="LONGNAME", object_id=person.id)
    answer = administrator.get(TAB).content.decode()
    assert "<script>x" not in answer
    assert LONG[:120].strip() in unescape(answer)


def test_the_number_of_queries_does_not_grow_with_the_refusals(
    site: Site, administrator: Client
) -> None:
    administrator.get(TAB)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            administrator.get(TAB)
        return len(queries)

    refuse(site, "not-selected", object_id=site.extensions()[0].directory_object_id)
    few = asked()
    for each in site.extensions():
        refuse(site, "not-selected", object_id=each.directory_object_id)
    assert asked() == few


def guide(client: Client, step: str) -> str:
    answer = client.get(f"/t/contoso/integration/?step={step}")
    assert answer.status_code == 200
    return unescape(re.sub(r"\s+", " ", answer.content.decode()))


def test_the_guide_has_all_addresses_to_register(administrator: Client) -> None:
    page = guide(administrator, "register")
    for each in (
        "https://pbx.example/ms365/callback",
        "https://sbc.example:9443/ms365/callback",
        "https://pbx.example/ms365/logout",
    ):
        assert f"<code>{each}</code>" in page
    assert "login_hint" in page


def test_openid_and_profile_are_listed_as_soon_as_anybody_may_sign_in(
    site: Site, administrator: Client
) -> None:
    assert "<code>openid</code>" not in guide(administrator, "permissions")
    site.set(lists={ADMINISTRATORS: people_of(site, 0)})
    page = guide(administrator, "permissions")
    assert "<code>openid</code>" in page
    assert "<code>profile</code>" in page
    site.set(lists={ADMINISTRATORS: NewList("only", ())}, sign_in=True)
    assert "<code>openid</code>" in guide(administrator, "permissions")


def test_the_sign_in_test_opens_a_window_of_its_own(administrator: Client) -> None:
    form = re.search(r'<form[^>]*sign-in/test"[^>]*>', guide(administrator, ""))
    assert form is not None
    assert 'target="_blank"' in form[0]
    assert 'method="post"' in form[0]
