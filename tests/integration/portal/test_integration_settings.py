"""The tabs User sync, Sign in and Contact sync: what is saved, what is refused, what is said."""

import re
from collections.abc import Mapping
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from rollcall.accounts.models import Account, Credential
from rollcall.audit.models import AuditEntry
from rollcall.integrations.operations import NewList
from rollcall.integrations.rules import ADMINISTRATORS
from rollcall.tenants.operations import add_tenant
from rollcall.tenants.queries import get_tenant
from tests.integration.conftest import MakeSite
from tests.integration.portal.conftest import SignIn
from tests.sites import Site

USERS = "/t/contoso/integration/users"
SIGN_IN = "/t/contoso/integration/sign-in"
CONTACTS = "/t/contoso/integration/contacts"
CHOSEN = "/t/contoso/integration/chosen"
AS_IT_IS: dict[str, str] = {
    "users": "on",
    "photos": "on",
    "first_extension": "2000",
    "last_extension": "8999",
    "names": "skip",
    "leavers": "block",
    "link": "ask",
    "people-mode": "all",
    "people-pasted": "",
}
"""What the tab User sync sends when nothing was touched."""


@pytest.fixture
def site(new_site: MakeSite) -> Site:
    """A connected tenant that was not synchronised yet."""
    return new_site("people:12:1")


@pytest.fixture
def administrator(site: Site, sign_in: SignIn) -> Client:
    """The tenant's administrator."""
    return sign_in("administrator", site.tenant.id)


def text_of(answer: object) -> str:
    return unescape(answer.content.decode())  # type: ignore[attr-defined]  # Django's own answer


def send(client: Client, address: str, **values: object) -> str:
    """Send a form; return the page after it, whether it is another or the same one."""
    given = {name.replace("__", "-"): value for name, value in values.items()}
    sent = AS_IT_IS | given if address == USERS else given
    return text_of(client.post(address, sent, follow=True))


def errors_of(page: str) -> list[str]:
    return re.findall(r'<p class="(?:notice )?error"[^>]*>([^<]*)</p>', page)


def notices_of(page: str) -> list[str]:
    return re.findall(r'<p class="notice \w+" role="status">([^<]*)</p>', page)


def lists_of(site: Site) -> Mapping[str, object]:
    return dict(site.integration.people.lines)


def test_the_tabs_show_what_is_set(site: Site, administrator: Client) -> None:
    site.set(leavers="release", release_days=30, link="never", company_contacts=True, sign_in=True)

    users = text_of(administrator.get(USERS))
    assert '<input type="text" name="first_extension" value="2000"' in users
    assert re.search(r'name="leavers" value="release"[^>]* checked', users)
    assert 'name="release_days" value="30"' in users
    assert re.search(r'name="link" value="never"[^>]* checked', users)
    assert re.search(r'name="company_contacts"[^>]* checked', text_of(administrator.get(CONTACTS)))
    assert re.search(r'name="sign_in"[^>]* checked', text_of(administrator.get(SIGN_IN)))


def test_a_tenant_without_an_integration_begins_with_what_is_usual(
    sign_in: SignIn, new_site: MakeSite
) -> None:
    new_site("people:1")
    add_tenant(slug="new", name="New", sip_domain="new.example", time_zone="UTC", country="DE")
    tenant = get_tenant("new")
    administrator = sign_in("administrator", tenant.id)

    page = text_of(administrator.get("/t/new/integration/users"))
    assert re.search(r'name="users"[^>]* checked', page)
    assert "Numbers 1000 to 9999: 0 used" in page
    answer = administrator.post("/t/new/integration/users", AS_IT_IS | {"guests": "on"})
    assert answer.status_code == 302


def test_what_is_saved_is_said_with_its_consequence_and_noted(
    site: Site, administrator: Client
) -> None:
    page = send(administrator, USERS, leavers="release", release_days="30", names="display-name")

    assert notices_of(page) == [
        (
            "Saved. The next run releases the numbers of those who were blocked 30 days ago or "
            "earlier; 1 other change takes effect, too. “Preview changes” shows it person by "
            "person before it happens."
        )
    ]
    assert (site.integration.leavers, site.integration.release_days) == ("release", 30)
    entry = AuditEntry.objects.of(site.tenant.id).filter(action="integration.changed").latest("id")
    assert entry.actor != "test"
    assert entry.detail == {
        "leavers": {"old": "block", "new": "release"},
        "release_days": {"old": None, "new": 30},
        "names": {"old": "skip", "new": "display-name"},
    }


def test_a_form_that_changes_nothing_is_not_noted(site: Site, administrator: Client) -> None:
    before = AuditEntry.objects.of(site.tenant.id).count()

    assert notices_of(send(administrator, USERS)) == ["Nothing was changed."]
    assert AuditEntry.objects.of(site.tenant.id).count() == before


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"first_extension": "012"}, "An extension number has 3 to 13 digits"),
        ({"first_extension": "x" * 20}, "An extension number has 3 to 13 digits"),
        ({"last_extension": "99"}, "An extension number has 3 to 13 digits"),
        ({"last_extension": "1999"}, "The last number needs a first one"),
        ({"first_extension": ""}, "The last number needs a first one"),
        ({"leavers": "release"}, "Say after how many days"),
        ({"leavers": "release", "release_days": "9999"}, "less than or equal to 3650"),
        ({"leavers": "forget"}, "Select a valid choice"),
        ({"people__mode": "only"}, "“Only these” needs somebody"),
        ({"people__mode": "few"}, "Select a valid choice"),
        ({"people__mode": "only", "people__pasted": "x" * 400}, "is too long for an address"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_stays_as_typed(
    site: Site, administrator: Client, values: dict[str, object], error: str
) -> None:
    before = site.integration

    page = send(administrator, USERS, guests="on", **values)

    assert [each for each in errors_of(page) if error in each], errors_of(page)
    assert re.search(r'name="guests"[^>]* checked', page)
    assert site.integration == before


def test_without_a_range_the_tenants_own_one_is_used(site: Site, administrator: Client) -> None:
    page = send(administrator, USERS, first_extension="", last_extension="")

    assert "new people get numbers of the new range" in page.casefold()
    assert site.integration.first_extension is None
    assert "Numbers 1000 to 9999" in page


def test_pasted_people_are_bound_to_their_objects_at_once(
    site: Site, administrator: Client
) -> None:
    site.sync()
    first, second, third = site.directory.users()[:3]
    addresses = third.properties["proxyAddresses"]
    assert isinstance(addresses, list)
    alias = str(addresses[-1]).removeprefix("smtp:").upper()
    lines = (
        f"{first.properties['userPrincipalName']}\n\n {second.id} \nnobody@nowhere.example\n{alias}"
    )

    page = send(administrator, USERS, people__mode="only", people__pasted=lines)

    told = notices_of(page)
    assert "treated as people who left" in told[0]
    assert "1 line is not in the directory" in told[1]
    assert "“nobody@nowhere.example”" in told[1]
    assert lists_of(site) == {
        first.properties["userPrincipalName"]: first.id,
        second.id: second.id,
        "nobody@nowhere.example": None,
        alias: third.id,
    }
    assert "1 not found in the directory yet" in page
    assert str(first.properties["displayName"]) in page


def test_before_the_first_run_lines_are_looked_up_in_the_live_directory(
    site: Site, administrator: Client
) -> None:
    site.sync(dry_run=True)  # the key is accepted, nothing is remembered
    person = site.directory.users()[3]

    send(
        administrator,
        USERS,
        people__mode="except",
        people__pasted=str(person.properties["userPrincipalName"]),
    )

    assert list(lists_of(site).values()) == [person.id]


def test_before_the_connection_lines_wait_for_the_first_run(
    site: Site, administrator: Client
) -> None:
    page = send(administrator, USERS, people__mode="only", people__pasted="a@b.example")

    assert "1 line could not be looked up now; the next run does it." in page
    assert lists_of(site) == {"a@b.example": None}


def test_chosen_people_are_added_and_struck_out_ones_go(site: Site, administrator: Client) -> None:
    site.sync()
    first, second, third = site.directory.users()[:3]
    ids = (first.id, second.id)
    site.set(lists={"people": NewList("only", ids, dict(zip(ids, ids, strict=True)))})

    page = send(
        administrator,
        USERS,
        people__mode="only",
        people__added=[f"{third.id} third@contoso.example", f"{second.id} twice@contoso.example"],
        people__removed=[first.id],
    )

    assert notices_of(page)[0].startswith("Saved.")
    assert lists_of(site) == {second.id: second.id, "third@contoso.example": third.id}


def test_a_form_that_is_refused_keeps_who_was_chosen_and_struck_out(
    site: Site, administrator: Client
) -> None:
    site.sync()
    first, second = site.directory.users()[:2]
    site.set(lists={"people": NewList("only", (first.id,))})

    page = send(
        administrator,
        USERS,
        first_extension="1",
        people__mode="only",
        people__added=f"{second.id} second@contoso.example",
        people__removed=first.id,
        people__pasted="third@contoso.example",
    )

    assert errors_of(page)
    assert f'value="{second.id} second@contoso.example"' in page
    assert str(second.properties["displayName"]) in page
    assert re.search(rf'name="people-removed" value="{first.id}" checked', page)
    assert "third@contoso.example</textarea>" in page
    assert list(lists_of(site)) == [first.id]


def test_a_form_that_is_refused_shows_the_range_that_was_typed(
    site: Site, administrator: Client
) -> None:
    assert "Numbers 2000 to 2399" in send(
        administrator, USERS, leavers="release", last_extension="2399"
    )


def test_a_list_that_is_struck_out_to_the_last_cannot_be_only_these(
    site: Site, administrator: Client
) -> None:
    site.set(lists={"people": NewList("only", ("a@b.example",))})

    page = send(administrator, USERS, people__mode="only", people__cleared="on")
    assert "“Only these” needs somebody" in errors_of(page)[1]
    page = send(administrator, USERS, people__mode="all", people__cleared="on")
    assert not errors_of(page)
    assert lists_of(site) == {}


def test_a_list_of_thousands_is_shown_some_at_a_time(site: Site, administrator: Client) -> None:
    site.sync()
    people = site.directory.users()
    lines = (*(f"person{count:04}@elsewhere.example" for count in range(5000)), people[0].id)
    site.set(lists={"people": NewList("only", lines, {people[0].id: people[0].id})})

    page = text_of(administrator.get(USERS))
    assert page.count('name="people-removed"') == 50
    assert "5001 on the list" in page
    assert len(page) < 120_000
    name = str(people[0].properties["displayName"])
    found = text_of(administrator.get(CHOSEN, {"for": "people", "q": name}))
    assert found.count("who-name") == 1
    assert name in found
    struck = "person0001@elsewhere.example"
    second = text_of(
        administrator.get(CHOSEN, {"for": "people", "page": "2", "people-removed": struck})
    )
    assert "51–100 of 5001" in second
    assert '<input type="hidden" name="people-removed" value="person0001@elsewhere' in second
    assert "Nobody on the list matches" in text_of(
        administrator.get(CHOSEN, {"for": "people", "q": "zzz"})
    )


def test_the_number_of_queries_does_not_grow_with_the_list(
    site: Site, administrator: Client
) -> None:
    site.sync()
    counts = []
    for people in (2, 12):
        ids = tuple(person.id for person in site.directory.users()[:people])
        site.set(lists={"people": NewList("only", ids, dict(zip(ids, ids, strict=True)))})
        with CaptureQueriesContext(connection) as queries:
            administrator.get(USERS)
        counts.append(len(queries))
    assert counts[0] == counts[1] < 40


def test_names_without_end_and_marks_of_html_are_shown_as_they_are(
    site: Site, administrator: Client
) -> None:
    nasty = "<b>" + "a" * 300 + "@x.example"
    site.set(lists={"people": NewList("except", (nasty,))})

    page = administrator.get(USERS).content.decode()
    assert "<b>aaa" not in page
    assert "&lt;b&gt;aaa" in page


def test_a_list_of_another_kind_is_no_page(administrator: Client) -> None:
    assert administrator.get(CHOSEN, {"for": "nonsense"}).status_code == 404


def test_the_picture_of_a_range_follows_what_is_typed(site: Site, administrator: Client) -> None:
    site.sync()
    address = "/t/contoso/integration/range"

    page = text_of(administrator.get(address, {"first_extension": "2000", "last_extension": ""}))
    assert "Numbers 2000 to 9999: 12 used, 7988 free" in page
    assert "<strong>2012</strong>" in page
    page = text_of(
        administrator.get(address, {"first_extension": "2000", "last_extension": "2011"})
    )
    assert "The range is full" in page
    page = text_of(administrator.get(address, {"first_extension": "100", "last_extension": "119"}))
    assert "8 reserved" in page
    page = text_of(administrator.get(address, {"first_extension": "1000000000"}))
    assert "9000000000 free" in page
    page = text_of(administrator.get(address, {"first_extension": "7"}))
    assert "3 to 13 digits" in errors_of(page)[0]
    assert "Numbers 2000 to 8999" in page


def test_contacts_are_switched_on_for_some(site: Site, administrator: Client) -> None:
    site.sync()
    person = site.directory.users()[0]

    page = send(
        administrator,
        CONTACTS,
        personal_contacts="on",
        personal__mode="only",
        personal__added=f"{person.id} one@contoso.example",
        mailboxes__mode="all",
        subfolders="on",
    )

    assert "lose the contacts that were read; 1 other change takes effect, too." in page
    assert site.integration.personal_contacts
    assert site.integration.personal.lines == (("one@contoso.example", person.id),)


def test_a_permission_that_is_missing_is_named(site: Site, administrator: Client) -> None:
    site.directory.applications[0].set_roles("User.Read.All")
    assert "<strong>Contacts.Read</strong>" not in text_of(administrator.get(CONTACTS))

    administrator.post("/t/contoso/integration/check")

    page = text_of(administrator.get(CONTACTS))
    assert "<strong>Contacts.Read</strong>" in page
    assert "<strong>MailboxSettings.Read</strong> is not granted" in page
    assert "User.Read.All" not in text_of(administrator.get(USERS))


def test_administrators_are_a_list_that_may_be_empty(site: Site, administrator: Client) -> None:
    site.sync()
    person = site.directory.users()[0]
    added = {f"{ADMINISTRATORS}__added": f"{person.id} one@contoso.example"}
    modes = {"sign-in__mode": "all"}

    page = send(administrator, SIGN_IN, **modes, **added)
    assert "1 person may sign in as administrator of this tenant." in page
    assert site.integration.administrators.lines == (("one@contoso.example", person.id),)
    removed = {f"{ADMINISTRATORS}__removed": "one@contoso.example"}
    page = send(administrator, SIGN_IN, **modes, **removed)
    assert "0 people may sign in" in page
    assert not site.integration.administrators.lines


def test_sign_in_is_enforced_only_while_a_local_administrator_can_come_in(
    site: Site, administrator: Client
) -> None:
    wanted = {"sign-in__mode": "all", "sign_in": "on", "enforce_sign_in": "on"}

    page = send(administrator, SIGN_IN, **wanted)
    assert "There is no local administrator with a password" in errors_of(page)[1]
    assert not site.integration.sign_in

    account = Account.objects.of(site.tenant.id).get()
    Credential.objects.all_tenants().update_or_create(
        account_id=account.pk, defaults={"password": "argon2$…"}
    )
    assert not errors_of(send(administrator, SIGN_IN, **wanted))
    assert site.integration.enforce_sign_in


def test_users_and_other_tenants_see_and_change_nothing(
    site: Site, sign_in: SignIn, new_site: MakeSite
) -> None:
    other = new_site("people:2:1,name=other", slug="other")
    strangers = [sign_in("user", site.tenant.id), sign_in("administrator", other.tenant.id)]
    before = site.integration

    for stranger in strangers:
        for address in (USERS, SIGN_IN, CONTACTS, CHOSEN):
            assert stranger.get(address).status_code == 404
        assert stranger.post(USERS, AS_IT_IS | {"guests": "on"}).status_code == 404
    assert site.integration == before


def test_another_tenants_person_is_nobody_here(
    site: Site, administrator: Client, new_site: MakeSite
) -> None:
    other = new_site("people:2:1,name=other", slug="other")
    other.sync()
    site.sync()
    stranger = other.directory.users()[0]

    page = send(administrator, USERS, people__mode="except", people__pasted=stranger.id)
    assert "1 line is not in the directory" in page
    page = send(
        administrator, USERS, people__mode="except", people__added=f"{stranger.id} x@y.example"
    )
    assert str(stranger.properties["displayName"]) not in page
