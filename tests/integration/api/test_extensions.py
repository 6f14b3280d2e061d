"""Extensions, by the API."""

from rollcall.phonebook.models import AddressBook
from rollcall.telephony.queries import get_key
from tests.integration.api.conftest import MakeProgram
from tests.integration.conftest import MakeSite

PATH = "/extensions"


def test_an_extension_is_added_read_changed_and_deleted(
    new_site: MakeSite, program: MakeProgram
) -> None:
    mine = program(new_site("people:1").tenant.id)

    status, added = mine.post(
        PATH, {"number": "4711", "first_name": "Zoë", "last_name": "ن" * 400, "office": None}
    )

    assert status == 201
    assert added["display_name"] == "Zoë " + "ن" * 400
    assert (added["state"], added["source"], added["office"]) == ("active", "local", None)
    assert mine.get(f"{PATH}/4711") == (200, added)
    status, changed = mine.patch(f"{PATH}/4711", {"number": "4712", "email": "zoe@contoso.example"})
    assert (status, changed["number"], changed["email"]) == (200, "4712", "zoe@contoso.example")
    assert mine.patch(f"{PATH}/4712", {"email": None})[1]["email"] is None
    assert mine.get(f"{PATH}/4711")[0] == 404
    assert mine.delete(f"{PATH}/4712") == (200, {"deleted": "4712", "number": "freed"})
    assert mine.delete(f"{PATH}/4712")[0] == 404
    actions = [entry["action"] for entry in mine.all("/audit")][:4]
    assert actions == [
        "extension.deleted",
        "extension.edited",
        "extension.edited",
        "extension.added",
    ]


def test_an_extension_that_cannot_be_is_refused(new_site: MakeSite, program: MakeProgram) -> None:
    mine = program(new_site("people:1").tenant.id)
    mine.post(PATH, {"number": "4711"})

    for body, status, code in (
        ({"number": "4711"}, 409, "number-taken"),
        ({"number": "112"}, 422, "reserved"),
        ({"number": "0711"}, 422, "invalid"),
        ({"number": 4713}, 422, "invalid"),
        ({}, 422, "invalid"),
        ({"number": "4713", "principal_name": "x"}, 422, "invalid"),
        ({"number": "4713", "email": "x" * 501}, 422, "invalid"),
    ):
        told = mine.post(PATH, body)
        assert (told[0], told[1]["error"]["code"]) == (status, code), body
    for wrong in ("12", "0711", "x", "4" * 14, "%00"):
        assert mine.get(f"{PATH}/{wrong}")[0] == 404, wrong


def test_what_the_directory_says_is_not_changed_here(
    new_site: MakeSite, program: MakeProgram
) -> None:
    site = new_site("people:2")
    site.sync()
    mine = program(site.tenant.id)

    told = mine.patch(f"{PATH}/2000", {"email": "x@y.example"})

    assert (told[0], told[1]["error"]["code"]) == (409, "synchronised")
    assert mine.patch(f"{PATH}/2000", {"number": "2999"})[1]["number"] == "2999"
    assert mine.delete(f"{PATH}/2999")[1]["number"] == "kept"


def test_a_person_is_linked_and_separated(new_site: MakeSite, program: MakeProgram) -> None:
    site = new_site("people:3", personal_contacts=True)
    site.sync()
    mine = program(site.tenant.id)
    person = site.extensions()[0]
    assert person.number
    key = get_key(site.tenant.id, int(person.number))
    books = AddressBook.objects.of(site.tenant.id).filter(owner_id=key.id)
    assert books.exists()

    status, separated = mine.post("/separate", {"person": person.principal_name})

    assert (status, separated) == (
        200,
        {"directory_object_id": person.directory_object_id, "unlinked": person.number},
    )
    assert mine.get(f"{PATH}/{person.number}")[1]["source"] == "local"
    assert not books.exists()
    status, linked = mine.post(f"{PATH}/{person.number}/link", {"person": person.principal_name})
    assert (status, linked["directory_object_id"]) == (200, person.directory_object_id)
    assert mine.post(f"{PATH}/2001/link", {"person": "nobody"})[0] == 409
    assert mine.post(f"{PATH}/{person.number}/link", {"person": "nobody"})[0] == 404
    assert mine.post("/separate", {"person": "nobody"})[0] == 404


def test_numbers_are_kept_for_people_to_come(new_site: MakeSite, program: MakeProgram) -> None:
    mine = program(new_site("people:1").tenant.id)
    lines = [
        {"person": "anna@contoso.example", "number": "2100"},
        {"person": 'O"Brien, Pat', "number": "2101"},
    ]

    status, kept = mine.post("/kept-numbers", {"lines": lines})

    assert status == 201
    assert [each["number"] for each in kept] == ["2100", "2101"]
    assert mine.get("/kept-numbers") == (200, kept)
    twice = [*lines, {"person": "x", "number": "2100"}]
    assert mine.post("/kept-numbers", {"lines": twice})[1]["error"]["code"] == "bad-import"
    assert mine.delete("/kept-numbers?person=anna@contoso.example")[1]["number"] == "2100"
    assert mine.delete("/kept-numbers?person=anna@contoso.example")[0] == 404
    assert len(mine.get("/kept-numbers")[1]) == 1


def test_another_tenants_extensions_do_not_exist(new_site: MakeSite, program: MakeProgram) -> None:
    theirs = new_site("people:3", slug="theirs")
    theirs.sync()
    person = theirs.extensions()[0]
    mine = program(new_site("people:1,name=mine", slug="mine").tenant.id)

    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"number": "2500"}),
        ("DELETE", "", None),
        ("POST", "/link", {"person": "x"}),
    ):
        answer = mine.ask(method, f"{PATH}/{person.number}{path}", body)
        missing = mine.ask(method, f"{PATH}/8999{path}", body)
        assert answer.status_code == missing.status_code == 404
        told = answer.content.replace(str(person.number).encode(), b"N")
        assert told == missing.content.replace(b"8999", b"N")
    assert mine.post("/separate", {"person": person.directory_object_id})[0] == 404
    assert mine.get(f"/explain?person={person.directory_object_id}")[0] == 404


def test_extensions_are_listed_searched_and_narrowed(
    new_site: MakeSite, program: MakeProgram
) -> None:
    site = new_site("people:9")
    site.sync()
    mine = program(site.tenant.id)
    mine.post(PATH, {"number": "4711", "display_name": "Zebulon O'Brien-Çelik"})
    mine.post(PATH, {"number": "4712", "display_name": "Zebra"})

    everybody = mine.all(f"{PATH}?limit=4")

    assert [each["number"] for each in everybody] == [*map(str, range(2000, 2009)), "4711", "4712"]
    assert everybody[0] == mine.get(f"{PATH}/2000")[1]
    assert mine.all(f"{PATH}?limit=1&show=local") == everybody[-2:]
    assert mine.all(f"{PATH}?search=celik") == [everybody[-2]]
    assert mine.all(f"{PATH}?search=471&limit=1") == everybody[-2:]
    assert mine.all(f"{PATH}?search=zeb&limit=1")[0]["display_name"] == "Zebra"
    assert mine.all(f"{PATH}?search=nobody") == []
    assert mine.all(f"{PATH}?show=released") == []
    for wrong in ("after=%FF", "after=x%20y", "show=everything", "limit=51"):
        assert mine.get(f"{PATH}?{wrong}")[0] == 422, wrong
