"""The company's contacts, by the API; people's own are never in it."""

from rollcall.phonebook.models import Contact
from rollcall.phonebook.queries import ContactView
from tests.integration.api.conftest import MakeProgram
from tests.integration.conftest import MakeSite

PATH = "/contacts"
PLUMBER = {
    "first_name": "Ada",
    "last_name": "Łukasz",
    "company": "Rohr & Söhne",
    "emails": ["ada@rohr.example"],
    "phones": [{"kind": "business", "number": "030 1234567"}],
}


def test_a_contact_is_added_read_changed_and_deleted(
    new_site: MakeSite, program: MakeProgram
) -> None:
    mine = program(new_site("people:1").tenant.id)

    status, added = mine.post(PATH, PLUMBER)

    assert status == 201
    assert list(added) == [*ContactView.__struct_fields__, "id"]
    assert added["display_name"] == "Ada Łukasz"
    assert added["phones"] == [
        {"kind": "business", "number": "030 1234567", "e164": "+49301234567", "extension": None}
    ]
    path = f"{PATH}/{added['id']}"
    assert mine.get(path) == (200, added)
    status, changed = mine.patch(path, {"job_title": "Plumber", "phones": []})
    assert (status, changed) == (200, {**added, "job_title": "Plumber", "phones": []})
    assert mine.patch(path, {"job_title": None})[1]["job_title"] is None
    assert mine.delete(path) == (200, {"deleted": added["id"]})
    assert mine.get(path)[0] == mine.delete(path)[0] == mine.patch(path, {})[0] == 404


def test_a_contact_that_cannot_be_is_refused(new_site: MakeSite, program: MakeProgram) -> None:
    mine = program(new_site("people:1").tenant.id)

    for body in (
        {},
        {"display_name": "   "},
        {"display_name": "x", "emails": ["nowhere"]},
        {"display_name": "x", "phones": [{"kind": "business", "number": "none"}]},
        {"display_name": "x", "phones": [{"kind": "pager", "number": "1"}]},
        {"display_name": "x" * 400},
        {"display_name": "x", "owner": "2000"},
    ):
        assert mine.post(PATH, body)[0] == 422, body
    assert mine.get(PATH) == (200, {"items": [], "next": None})


def test_contacts_are_listed_and_searched(new_site: MakeSite, program: MakeProgram) -> None:
    mine = program(new_site("people:1").tenant.id)
    for name in ("Cleo", "Ada", "Bert", "Adam"):
        mine.post(PATH, {**PLUMBER, "first_name": name, "display_name": name})

    listed = [each["display_name"] for each in mine.all(f"{PATH}?limit=1")]

    assert listed == ["Ada", "Adam", "Bert", "Cleo"]
    assert {each["display_name"] for each in mine.all(f"{PATH}?search=ad")} == {"Ada", "Adam"}
    assert len(mine.all(f"{PATH}?search=sohne")) == 4
    assert len(mine.all(f"{PATH}?search=0301234")) == 4
    assert mine.all(f"{PATH}?search=zzz") == []


def test_what_comes_from_a_mailbox_is_read_here_and_changed_there(
    new_site: MakeSite, program: MakeProgram
) -> None:
    site = new_site("people:3:2,shared=1", personal_contacts=True, company_contacts=True)
    site.sync()
    mine = program(site.tenant.id)

    listed = mine.all(PATH)

    company = Contact.objects.of(site.tenant.id).filter(holder=0)
    own = Contact.objects.of(site.tenant.id).exclude(holder=0)
    assert own.exists()
    assert {each["id"] for each in listed} == set(company.values_list("id", flat=True))
    assert all(each["mailbox"] and each["scope"] == "company" for each in listed)
    path = f"{PATH}/{listed[0]['id']}"
    assert mine.patch(path, {"job_title": "x"})[1]["error"]["code"] == "synchronised"
    assert mine.delete(path)[0] == 409
    hidden = f"{PATH}/{own[0].pk}"
    assert mine.get(hidden)[0] == mine.patch(hidden, {})[0] == mine.delete(hidden)[0] == 404


def test_another_tenants_contacts_do_not_exist(new_site: MakeSite, program: MakeProgram) -> None:
    theirs = program(new_site("people:1", slug="theirs").tenant.id)
    mine = program(new_site("people:1,name=mine", slug="mine").tenant.id)
    contact = theirs.post(PATH, PLUMBER)[1]

    for method in ("GET", "PATCH", "DELETE"):
        assert mine.ask(method, f"{PATH}/{contact['id']}", {}).status_code == 404
    assert mine.all(PATH) == []
    assert theirs.get(f"{PATH}/{contact['id']}")[1] == contact
