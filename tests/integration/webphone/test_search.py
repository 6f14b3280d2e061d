"""What the web phone finds: the right people, of one's own company, at a fixed price."""

import re
from html import unescape
from urllib.parse import urlencode

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from rollcall.web.scope import tenant_scope
from rollcall.webphone.look_up import Asked, Asker, Kind, look_up
from tests.integration.webphone.conftest import PART, Company, MakeCompany

Names = dict[str, list[str]]


def found(client: Client, text: str = "", **query: str) -> Names:
    """Return the names that a search finds, by the headings above them."""
    asked = {"q": text, **query}
    answer = client.get("/phone/?" + urlencode(asked), headers=PART)
    assert answer.status_code == 200
    return names_in(answer.content.decode())


def names_in(page: str) -> Names:
    """Return the names in what a search sent, by kind."""
    names: Names = {}
    for part in page.split('aria-labelledby="group-')[1:]:
        kind = part[: part.index('"')]
        names[kind] = re.findall(r'row-name"><bdi>([^<]*)</bdi>', part)
    return names


def link(page: str, pattern: str) -> str:
    """Return where a link leads."""
    match = re.search(rf'<a [^>]*href="([^"]*)"[^>]*>{pattern}|<a {pattern} href="([^"]*)"', page)
    assert match, pattern
    return unescape(match[1] or match[2])


def test_colleagues_own_and_company_contacts_are_found_by_words(company: Company) -> None:
    company.add_own_contact(2000, "Berta Oma", "030 901820")
    company.add_company_contact("Clara Customer", "030 5550", company="Bergbahn AG")
    company.add_company_contact("Somebody Else", "030 5551")

    assert found(company.anna, "ber") == {
        "colleagues": ["Anna Berg", "Bernd Thal"],
        "own": ["Berta Oma"],
        "company": ["Clara Customer"],
    }
    assert found(company.anna, "thal b") == {"colleagues": ["Bernd Thal"]}
    assert found(company.anna, "bergbahn cl") == {"company": ["Clara Customer"]}
    assert found(company.anna, "erg") == {}


def test_digits_find_numbers_by_their_beginning(company: Company) -> None:
    company.add_own_contact(2000, "Berta Oma", "030 200 1820", "12")
    company.add_company_contact("Clara Customer", "+49 30 2001999")
    company.add_company_contact("Front Door", "2005")

    both = {"own": ["Berta Oma"], "company": ["Clara Customer"]}
    assert found(company.anna, "0302001") == both
    assert found(company.anna, "+49 30 2001") == both
    assert found(company.anna, "200") == {
        "colleagues": ["Anna Berg", "Bernd Thal"],
        "company": ["Front Door"],
    }
    assert found(company.anna, "2001") == {"colleagues": ["Bernd Thal"]}
    assert found(company.anna, "12") == {"own": ["Berta Oma"]}
    assert found(company.anna, "001820") == {}


def test_colleagues_are_found_by_their_other_numbers_however_written(company: Company) -> None:
    company.add_person(2002, "Clara", mobile_phone="0171 / 55 66 77", business_phone="+49 (0)30 77")

    for typed in ("0171", "+49 171 55", "0049171556", "171556677", "030 77", "+493077"):
        assert "Clara" in found(company.anna, typed)["colleagues"], typed
    for typed in ("0172", "+43171", "71556677", "0171556678"):
        assert "Clara" not in found(company.anna, typed).get("colleagues", []), typed
    page = company.anna.get("/phone/?q=017155", headers=PART).content.decode()
    assert re.findall(r'<span dir="ltr">([^<]*)</span>', page) == ["2002", "0171 / 55 66 77"]


def test_the_whole_search_is_one_query(company: Company) -> None:
    company.add_own_contact(2000, "Berta Oma", "030 901820")
    asker = Asker(company.tenant.id, "DE", company.people[2000])
    for text in ("", "b", "berta oma", "030", "2001", "..."):
        with tenant_scope(asker.tenant_id, extension_id=asker.extension_id):
            with CaptureQueriesContext(connection) as queries:
                look_up(asker, Asked(text))
            assert len(queries) == 1, text


def test_the_number_that_was_typed_stands_first(company: Company) -> None:
    company.add_company_contact("Clara", "030 1111111", "030 2222222", "040 3333333", "040 4444")

    page = company.anna.get("/phone/?q=0403333", headers=PART).content.decode()

    assert re.findall(r'<span dir="ltr">([^<]*)</span>', page) == ["040 3333333", "030 1111111"]
    assert "2 more" in page


def test_of_each_kind_a_few_are_shown_and_a_page_has_the_others(company: Company) -> None:
    for n in range(60):
        company.add_company_contact(f"Customer {n:02}", f"+49 30 90{n:02}20")
    for n in range(9):
        company.add_own_contact(2000, f"Cousin {n}", f"+49 40 90{n:02}20")
    for n in range(8):
        company.add_person(2100 + n, f"Cora {n}")

    page = company.anna.get("/phone/?q=c", headers=PART).content.decode()
    names = names_in(page)
    assert [len(each) for each in names.values()] == [8, 8, 8]
    assert "in=colleagues" not in "".join(re.findall(r"group-head.*?</div>", page))
    assert names["own"] == [f"Cousin {n}" for n in range(8)]

    more = link(page, 'More<span class="hidden">: Company')
    assert more == "/phone/?q=c&in=company"
    first = company.anna.get(more).content.decode()
    assert names_in(first) == {"company": [f"Customer {n:02}" for n in range(50)]}
    last = company.anna.get(link(first, 'rel="next"')).content.decode()
    assert names_in(last) == {"company": [f"Customer {n:02}" for n in range(50, 60)]}
    assert names_in(company.anna.get(link(last, 'rel="prev"')).content.decode()) == names_in(first)


def test_many_numbers_that_begin_alike_ask_for_more_digits(company: Company) -> None:
    for n in range(60):
        company.add_company_contact(f"Customer {n:02}", f"+49 30 90{n:02}20")

    short = company.anna.get("/phone/?q=03090", headers=PART).content.decode()
    page = company.anna.get("/phone/?q=03090&in=company", headers=PART).content.decode()

    assert len(names_in(short)["company"]) == 8
    assert "in=company" in link(short, 'More<span class="hidden">: Company')
    assert len(names_in(page)["company"]) == 50
    assert "Type more digits" in page


def test_before_anything_is_typed_each_list_begins(company: Company) -> None:
    company.add_own_contact(2000, "Berta Oma")

    assert found(company.anna) == {
        "colleagues": ["Anna Berg", "Bernd Thal"],
        "own": ["Berta Oma"],
    }
    assert found(company.anna, **{"in": "own"}) == {"own": ["Berta Oma"]}


def test_it_says_how_much_was_found_or_that_nothing_was(company: Company) -> None:
    def said(query: str) -> str:
        page = company.anna.get(f"/phone/?{query}", headers=PART).content.decode()
        match = re.search(r'data-said="([^"]*)"', page)
        assert match
        return match[1]

    assert said("q=") == ""
    assert said("q=berg") == "1 was found."
    assert said("q=200") == "2 were found."
    assert said("q=nobody") == "Nothing was found."
    page = company.anna.get("/phone/?q=no<b>dy").content.decode()
    assert "Nobody matches “no&lt;b&gt;dy”." in page
    assert (
        "The company has no contacts yet."
        in company.anna.get("/phone/?in=company").content.decode()
    )
    assert "Your contacts come from Outlook" in company.anna.get("/phone/?in=own").content.decode()


ODD = (
    "q=%00",
    "q=" + "x" * 5000,
    "q=%F0%9F%99%82",
    "q=...",
    "q=%25_",
    "q=" + "9" * 60,
    "q=+",
    "in=nothing",
    "in=own&in=company",
    "in=company&after=x-y",
    "in=company&after=999999999999999999999999-a",
    "in=colleagues&before=%00&after=1-z",
    "in=colleagues&q=2&after=99999999999999999999-1",
    "after=1-z",
)


def test_whatever_is_sent_is_answered(company: Company) -> None:
    assert [each for each in ODD if company.anna.get(f"/phone/?{each}").status_code != 200] == []


def test_the_number_of_queries_does_not_grow_with_what_is_found(company: Company) -> None:
    company.add_own_contact(2000, "Cousin", "+49 40 901")
    company.add_company_contact("Customer", "+49 30 902")
    company.add_person(2100, "Cora")
    addresses = ("/phone/", "/phone/?q=c", "/phone/?q=c&in=company", "/phone/?q=%2B49")

    def counts() -> list[int]:
        counted = []
        for address in addresses:
            with CaptureQueriesContext(connection) as queries:
                company.anna.get(address)
            counted.append(len(queries))
        return counted

    counts()  # what a process asks but once
    few = counts()
    for n in range(20):
        company.add_own_contact(2000, f"Cousin {n}", f"+49 40 90{n:02}20", f"+49 41 90{n:02}20")
        company.add_company_contact(f"Customer {n}", f"+49 30 90{n:02}20")
        company.add_person(2200 + n, f"Cora {n}")

    assert counts() == few
    assert max(few) <= 25


def test_another_company_is_never_found(new_company: MakeCompany) -> None:
    ours, theirs = new_company(), new_company("fabrikam")
    their_things = {
        "colleagues": theirs.add_person(2345, "Zoltan Their", mobile_phone="+49 170 777"),
        "contacts": theirs.add_company_contact("Zenobia Theirs", "+49 30 7770"),
        "my-contacts": theirs.add_own_contact(2000, "Zacharias Own", "+49 30 7771"),
    }

    for text in ("z", "their", "2345", "030777", "zoltan their"):
        assert found(ours.anna, text) == {}
    for place, thing in their_things.items():
        answers = [ours.anna.get(f"/phone/{place}/{each}") for each in (thing, 987_654_321)]
        assert [each.status_code for each in answers] == [404, 404]
    assert found(theirs.anna, "z") == {
        "colleagues": ["Zoltan Their"],
        "own": ["Zacharias Own"],
        "company": ["Zenobia Theirs"],
    }


def test_anothers_own_contacts_are_never_found(company: Company) -> None:
    bernds = company.add_own_contact(2001, "Zacharias Secret", "+49 30 7771")
    administrator = company.enter(
        "administrator", company.tenant.id, extension_id=company.add_person(2002, "Carla")
    )

    for visitor in (company.anna, administrator):
        for text in ("zach", "secret", "0307771"):
            assert found(visitor, text) == {}
            assert found(visitor, text, **{"in": "own"}) == {}
        for place in ("my-contacts", "contacts"):
            assert visitor.get(f"/phone/{place}/{bernds}").status_code == 404


def test_the_database_itself_keeps_anothers_contacts_from_a_mistaken_search(
    company: Company,
) -> None:
    company.add_own_contact(2001, "Zacharias Secret", "+49 30 7771")
    bernd = Asker(company.tenant.id, "DE", company.people[2001])

    def own_of_bernd(scope_of: int) -> list[int]:
        with tenant_scope(company.tenant.id, extension_id=company.people[scope_of]):
            return [
                len(group.rows)
                for text in ("zach", "0307771")
                for group in look_up(bernd, Asked(text, Kind.OWN))
            ]

    assert own_of_bernd(2001) == [1, 1]
    assert own_of_bernd(2000) == [0, 0]
