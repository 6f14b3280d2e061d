"""The company's contacts, kept by administrators; one's own, which nobody else ever sees."""

import re

import psycopg
from django.test import Client

from rollcall.core.records import Phone
from rollcall.phonebook.models import Contact, SearchKey
from rollcall.phonebook.own_operations import ContactDraft, add_company_contact
from tests.integration.conftest import MakeSite
from tests.integration.portal.conftest import SignIn
from tests.sites import Site

LIST = "/t/contoso/contacts"
OWN = "/t/contoso/my-contacts"


def names(client: Client, query: str = "", address: str = LIST) -> list[str]:
    """Return the names that the list shows, in its order."""
    answer = client.get(f"{address}?{query}")
    assert answer.status_code == 200
    return re.findall(r'contacts/\d+"><bdi>([^<]*)</bdi>', answer.content.decode())


def add(site: Site, name: str, *numbers: str, company: str = "") -> int:
    """Add a contact of the company; return its id."""
    phones = [Phone("business", number) for number in numbers]
    draft = ContactDraft(display_name=name, company=company, phones=phones)
    return add_company_contact(site.tenant.id, draft)


def with_books(new_site: MakeSite) -> Site:
    """Return a site with synchronised contacts of people and of a shared mailbox."""
    site = new_site("people:6:3,shared=1", personal_contacts=True)
    site.set(company_contacts=True)
    site.sync()
    return site


def test_a_contact_is_added_changed_and_deleted(new_site: MakeSite, sign_in: SignIn) -> None:
    site = new_site("people:1")
    admin = sign_in("administrator", site.tenant.id)
    assert "Add the first contact" in admin.get(LIST).content.decode()
    typed = {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "company": "Analytical Engines",
        "kind0": "mobile",
        "number0": "0170 1234567",
        "kind1": "business",
        "number1": "402",
        "emails": "ada@engines.example\n",
        "city": "London",
    }

    answer = admin.post(f"{LIST}/new", typed)
    assert answer.status_code == 302
    page = admin.get(answer["Location"]).content.decode()
    for shown in ("Ada Lovelace", "+491701234567", "ada@engines.example", "London", "402"):
        assert shown in page
    admin.post(answer["Location"] + "/edit", {**typed, "last_name": "King", "number1": ""})
    assert names(admin, "q=king") == ["Ada King"]
    assert names(admin, "q=lovelace") == []
    assert names(admin, "q=402") == []
    deleted = admin.post(answer["Location"] + "/delete", follow=True).content.decode()
    assert "Ada King is deleted." in deleted
    assert SearchKey.objects.of(site.tenant.id).count() == 0


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(
    new_site: MakeSite, sign_in: SignIn
) -> None:
    site = new_site("people:1")
    admin = sign_in("administrator", site.tenant.id)
    wrong = [
        ({}, "Give a name, or a company."),
        ({"display_name": "Ada", "number0": "none"}, "“none” has no digits"),
        ({"display_name": "Ada", "emails": "ada"}, "“ada” is not a mail address."),
        ({"display_name": "x" * 201}, "at most 200 characters"),
    ]

    for typed, sentence in wrong:
        page = admin.post(f"{LIST}/new", {**typed, "city": "Kept City"})
        assert page.status_code == 200
        assert sentence in page.content.decode()
        assert 'value="Kept City"' in page.content.decode()
    assert Contact.objects.of(site.tenant.id).count() == 0


def test_contacts_are_found_by_words_and_digits(new_site: MakeSite, sign_in: SignIn) -> None:
    site = new_site("people:1")
    add(site, "Jürgen Groß", "+49 (30) 901820", company="Bäckerei Süß & Söhne")
    add(site, "Front Door", "402")
    add(site, "Zoë", "+1 202 555 0123")
    admin = sign_in("administrator", site.tenant.id)

    found = {
        text: names(admin, f"q={text}")
        for text in (
            "jurg",
            "gross",
            "söhne",
            "s%C3%BCß",
            "backerei jü",
            "030 90",
            "+4930",
            "%2B4930",
            "004930",
            "3090",
            "402",
            "1202",
            "%2B49",
            "9" * 40,
            "zoe",
        )
    }

    baker = ["Jürgen Groß"]
    assert found == {
        "jurg": baker,
        "gross": baker,
        "söhne": baker,
        "s%C3%BCß": baker,
        "backerei jü": baker,
        "030 90": baker,
        "+4930": baker,
        "%2B4930": baker,
        "004930": baker,
        "3090": baker,
        "402": ["Front Door"],
        "1202": ["Zoë"],
        "%2B49": baker,
        "9" * 40: [],
        "zoe": ["Zoë"],
    }


def test_a_synchronised_contact_says_where_it_comes_from_and_is_not_edited_here(
    new_site: MakeSite, sign_in: SignIn
) -> None:
    site = with_books(new_site)
    by_hand = add(site, "Made By Hand", "402")
    admin = sign_in("administrator", site.tenant.id)
    contact = Contact.objects.of(site.tenant.id).filter(holder=0).exclude(pk=by_hand).first()
    assert contact is not None

    page = admin.get(f"{LIST}/{contact.pk}").content.decode()

    assert "edited there" in page
    assert re.search(r"mailbox <bdi>[^<]+</bdi>, folder <bdi>Contacts", page)
    assert admin.get(f"{LIST}/{contact.pk}/edit").status_code == 404
    assert admin.post(f"{LIST}/{contact.pk}/delete").status_code == 404
    site.sync(full=True)
    assert admin.get(f"{LIST}/{by_hand}").status_code == 200


def test_own_contacts_are_seen_by_their_owner_and_nobody_else(
    new_site: MakeSite, sign_in: SignIn, conninfo: str
) -> None:
    site = with_books(new_site)
    with psycopg.connect(conninfo) as connection:
        row = connection.execute(
            "SELECT holder, min(id), min(display_name) FROM phonebook_contact "
            "WHERE tenant_id = %s AND holder <> 0 GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
            [site.tenant.id],
        ).fetchone()
    assert row is not None
    owner, contact_id, name = row
    other = next(
        each
        for each in Contact.objects.of(site.tenant.id).values_list("holder", flat=True)
        if each not in {0, owner}
    )
    word = name.split()[0]
    person = sign_in("user", site.tenant.id, extension_id=owner)
    strangers = [
        sign_in("user", site.tenant.id, extension_id=other),
        sign_in("user", site.tenant.id),
        sign_in("administrator", site.tenant.id),
        sign_in("system", switched=(site.tenant.id,)),
    ]

    assert name in names(person, f"q={word}", OWN)
    assert person.get(f"{OWN}/{contact_id}").status_code == 200
    assert names(person, f"q={word}") == []
    for stranger in strangers:
        assert stranger.get(f"{OWN}/{contact_id}").status_code == 404
        assert stranger.get(f"{LIST}/{contact_id}").status_code == 404
        assert name not in names(stranger, "", OWN)
        assert names(stranger, f"q={word}") == []


def test_users_see_company_contacts_and_change_none(new_site: MakeSite, sign_in: SignIn) -> None:
    site = new_site("people:1")
    contact = add(site, "A" + " Very Long Name" * 12, "+49 30 901820")
    user = sign_in("user", site.tenant.id)

    assert len(names(user)) == 1
    page = user.get(f"{LIST}/{contact}").content.decode()
    assert "Edit" not in page
    for address in ("new", f"{contact}/edit"):
        assert user.get(f"{LIST}/{address}").status_code == 404
    assert user.post(f"{LIST}/{contact}/delete").status_code == 404


def test_another_tenants_contact_is_as_one_that_is_not_there(
    new_site: MakeSite, sign_in: SignIn
) -> None:
    ours = new_site("people:1")
    theirs = new_site("people:1,name=fabrikam", slug="fabrikam")
    their_id = add(theirs, "Their Customer", "+49 30 901820")
    admin = sign_in("administrator", ours.tenant.id)

    assert admin.get(f"{LIST}/{their_id}").status_code == 404
    assert admin.get(f"{LIST}/{their_id}/edit").status_code == 404
    assert admin.post(f"{LIST}/{their_id}/delete").status_code == 404
    assert names(admin, "q=their") == []
    assert names(admin, "q=030901") == []
    assert Contact.objects.of(theirs.tenant.id).count() == 1


def test_the_list_is_paged_forwards_and_back(new_site: MakeSite, sign_in: SignIn) -> None:
    site = new_site("people:1")
    for number in range(60):
        add(site, f"Customer {number:02}", f"+49 30 9018{number:02}")
    admin = sign_in("administrator", site.tenant.id)

    first = admin.get(LIST).content.decode()
    following = re.search(r'rel="next" href="([^"]*)"', first)
    assert following
    second = names(admin, following[1].lstrip("?").replace("&amp;", "&"))

    assert names(admin) == [f"Customer {number:02}" for number in range(50)]
    assert second == [f"Customer {number:02}" for number in range(50, 60)]
    assert len(names(admin, "q=0309018")) == 50
