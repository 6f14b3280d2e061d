"""The web phone's page: who one is, and whoever was chosen."""

import re
from html import unescape
from io import BytesIO

import msgspec
import pytest
from django.test import Client
from PIL import Image

from rollcall.accounts.operations import NewAccount, add_account, set_password
from rollcall.environment.values import HostPort
from rollcall.telephony.models import Extension
from rollcall.telephony.operations import delete_extension
from rollcall.telephony.photos import set_photo
from rollcall.wiring.machine import Machine, utc_now
from tests.integration.portal.arrival import EMAIL, PASSWORD, next_in
from tests.integration.portal.conftest import SignIn
from tests.integration.portal.visitors import make_client
from tests.integration.webphone.conftest import PART, Company

PARTS = ("/phone/colleagues/{}", "/phone/my-contacts/{}", "/phone/contacts/{}")


def page_of(client: Client, address: str = "/phone/", **headers: str) -> str:
    """Return a page that is there."""
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def test_who_is_not_signed_in_goes_to_the_phones_own_sign_in(nobody: Client) -> None:
    answer = nobody.get("/phone/?q=anna")

    assert answer.status_code == 303
    assert answer["Location"] == "/phone/sign-in?next=%2Fphone%2F%3Fq%3Danna"
    page = page_of(nobody, answer["Location"])
    assert re.search(r'class="brand">[^<]*[Ww]eb phone', page)
    assert 'name="next" value="/phone/?q=anna"' in page


def test_a_search_whose_session_ended_leads_the_whole_page_to_sign_in(nobody: Client) -> None:
    current = {"HX-Current-URL": "https://localhost/phone/?q=an"}
    answer = nobody.get("/phone/?q=anna", headers={**PART, **current})

    assert answer.status_code == 204
    assert answer["HX-Redirect"] == "/phone/sign-in?next=%2Fphone%2F%3Fq%3Dan"


def test_the_phones_own_sign_in_leads_to_the_phone(company: Company, nobody: Client) -> None:
    account = NewAccount(
        email=EMAIL,
        role="user",
        tenant_id=company.tenant.id,
        extension_id=company.people[2000],
    )
    set_password(add_account(account, actor="test"), PASSWORD, actor="test", now=utc_now())
    assert 'name="next" value="/phone/"' in page_of(nobody, "/phone/sign-in")

    answer = nobody.post("/phone/sign-in", {"email": EMAIL, "password": PASSWORD})

    assert answer["Location"] == "/phone/"
    assert "Anna Berg" in page_of(nobody)
    assert nobody.get("/phone/sign-in")["Location"] == "/phone/"


def test_who_signs_out_at_the_phone_may_sign_in_to_it_again(company: Company) -> None:
    form = page_of(company.anna)
    assert re.search(r'action="/sign-out".*?name="next" value="/phone/"', form)

    answer = company.anna.post("/sign-out", {"next": "/phone/"})

    assert answer["Location"] == "/t/contoso/sign-in?next=%2Fphone%2F"
    assert "eb phone" in page_of(company.anna, answer["Location"])
    assert company.anna.get("/phone/")["Location"].startswith("/phone/sign-in")


@pytest.mark.parametrize("domain", ["pbx.example", "sbc.example"])
def test_the_phone_answers_at_both_domains(machine: Machine, company: Company, domain: str) -> None:
    known = msgspec.structs.replace(
        machine.environment,
        web_domain=HostPort("pbx.example", 443),
        sbc_domain=HostPort("sbc.example", 8443),
    )
    here = Machine(known, machine.conninfo)
    token = company.anna.cookies["__Host-session"].value

    assert "Anna Berg" in page_of(make_client(here, token, HTTP_HOST=domain))
    answer = make_client(here, HTTP_HOST=domain).get("/phone/")
    assert answer["Location"].startswith("/phone/sign-in")
    assert next_in(answer["Location"]) == "/phone/"


def test_ones_own_name_number_photo_and_company_are_shown(company: Company) -> None:
    out = BytesIO()
    Image.new("RGB", (90, 90), "teal").save(out, "JPEG")
    set_photo(company.tenant.id, company.people[2000], out.getvalue())

    page = page_of(company.anna)

    own = page[page.index('class="own"') : page.index('class="seek"')]
    for shown in ("Anna Berg", ">2000</code>", 'data-copy="2000"', "Contoso", "Purchasing"):
        assert shown in own
    photo = re.search(r'src="(/t/contoso/extensions/\d+/photo)\?v=', own)
    assert photo
    assert company.anna.get(photo[1])["Content-Type"] == "image/jpeg"
    assert "<title>Web phone · Contoso · Rollcall</title>" in page


@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("user", "ask an administrator of your company"),
        ("administrator", "another administrator can connect it"),
        ("system", "signed in for the provider"),
    ],
)
def test_who_has_no_extension_is_told_so_and_where_to_go(
    company: Company, sign_in: SignIn, role: str, words: str
) -> None:
    tenant_id = company.tenant.id
    contact = company.add_company_contact("Clara Customer", "030 5550")
    visitor = sign_in(role, None if role == "system" else tenant_id)

    page = page_of(visitor)

    assert words in page
    assert "To the portal" in page
    assert "Bernd" not in page_of(visitor, "/phone/?q=bernd")
    for thing in (company.people[2001], contact):
        for address in PARTS:
            assert visitor.get(address.format(thing)).status_code == 404


def test_a_provider_in_a_tenants_scope_sees_nobody_there(company: Company, sign_in: SignIn) -> None:
    provider = sign_in("system", switched=(company.tenant.id,))

    assert "signed in for the provider" in page_of(provider, "/phone/?q=anna")
    assert "Anna" not in page_of(provider, "/phone/?q=anna", **PART)
    assert provider.get(f"/phone/colleagues/{company.people[2000]}").status_code == 404


def test_a_blocked_person_is_out_and_is_no_longer_found(company: Company) -> None:
    company.add_person(2002, "Clara Ahr")
    clara = company.enter("user", company.tenant.id, extension_id=company.people[2002])
    assert "Clara Ahr" in page_of(clara)
    rows = Extension.objects.of(company.tenant.id).filter(number=2002)
    rows.update(state="blocked", blocked_at=utc_now(), blocked_reason="disabled")

    assert clara.get("/phone/")["Location"].startswith("/phone/sign-in")
    assert "Clara" not in page_of(company.anna, "/phone/?q=2002")
    assert company.anna.get(f"/phone/colleagues/{company.people[2002]}").status_code == 404


def test_whose_extension_is_deleted_has_none(company: Company) -> None:
    assert "Anna Berg" in page_of(company.anna)
    delete_extension(company.tenant.id, 2000, now=utc_now())

    answer = company.anna.get("/phone/", follow=True)

    assert answer.status_code == 200
    assert "2000" not in answer.content.decode()


def test_a_colleague_is_shown_with_all_numbers(company: Company) -> None:
    page = page_of(company.anna, f"/phone/colleagues/{company.people[2001]}?q=be")

    assert "<title>Bernd Thal · Web phone · Contoso · Rollcall</title>" in page
    for shown in ('data-copy="2001"', "+49 170 1112233", "+49 30 9018 2001", "Mobile"):
        assert shown in page
    assert 'value="be"' in page
    assert 'href="/phone/?q=be" data-back' in page


def test_a_contact_is_shown_with_numbers_as_they_are_dialled(company: Company) -> None:
    own = company.add_own_contact(2000, "Grandma", "030 901820", "12")
    firm = company.add_company_contact("Clara Customer", "030 5550123", company="Engines & Söhne")

    shown = page_of(company.anna, f"/phone/my-contacts/{own}")
    assert 'data-copy="+4930901820"' in shown
    assert ">12</code>" in shown
    assert "Only you see it here." in shown
    shown = page_of(company.anna, f"/phone/contacts/{firm}")
    assert 'data-copy="+49305550123"' in shown
    assert 'href="mailto:desk@firm.example"' in shown
    assert "Engines &amp; Söhne" in shown


def test_a_page_that_is_there_gets_only_what_changes(company: Company) -> None:
    address = f"/phone/colleagues/{company.people[2001]}"

    detail = page_of(company.anna, address, **PART)
    found = page_of(company.anna, "/phone/?q=be", **PART)
    restored = page_of(company.anna, address, **PART, **{"HX-History-Restore-Request": "true"})

    assert "<html" not in detail
    assert "<html" not in found
    assert "<title>Bernd Thal" in detail
    assert 'id="found"' not in detail
    assert 'id="detail"' not in found
    assert "<html" in restored


def test_any_name_can_be_shown(company: Company) -> None:
    long, hostile = "Wolfeschlegelsteinhausen" * 8, '<script>alert("x")</script>'
    names = {2100: long, 2101: hostile, 2102: "", 2103: "אבי כהן"}
    for number, name in names.items():
        company.add_person(number, name)
    contact = company.add_own_contact(2000, "", "030 901820")

    page = page_of(company.anna, "/phone/?in=colleagues")
    assert long in page
    assert "<script>alert" not in page
    assert hostile in unescape(page)
    assert re.search(r"<bdi>2102</bdi>", page)
    for number in names:
        page_of(company.anna, f"/phone/colleagues/{company.people[number]}")
    assert "<bdi>030 901820</bdi>" in page_of(company.anna, f"/phone/my-contacts/{contact}")


def test_nothing_of_the_page_is_kept_in_the_browser(company: Company) -> None:
    answer = company.anna.get("/phone/")

    assert answer["Cache-Control"] == "no-store"
    page = answer.content.decode()
    assert '"historyCacheSize": 0' in page
    assert "<style" not in page
    assert " style=" not in page
    assert not re.search(r"<script(?! src| type)", page)


def test_the_portal_leads_to_the_phone_whoever_has_an_extension(
    company: Company, sign_in: SignIn
) -> None:
    assert 'href="/phone/"' in page_of(company.anna, "/t/contoso/colleagues")
    other = sign_in("administrator", company.tenant.id)
    assert 'href="/phone/"' not in page_of(other, "/t/contoso/colleagues")
