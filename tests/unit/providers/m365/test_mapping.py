"""From Graph's words to ours: whatever is absent, null or odd."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.core.records import FolderId, Phone, PostalAddress, Removal, UserRecord
from rollcall.providers.m365.contacts import decode_contacts
from rollcall.providers.m365.mapping import clean_text, to_contact, to_sighting
from rollcall.providers.m365.users import decode_users
from rollcall.providers.m365.wire import CONTACT_FIELDS, USER_FIELDS

FOLDER = FolderId("folder")

TEXT = st.none() | st.text(max_size=8)
TEXTS = st.none() | st.lists(TEXT, max_size=3)
ADDRESS = st.none() | st.dictionaries(
    st.sampled_from(["street", "city", "state", "countryOrRegion", "postalCode", "kind"]), TEXT
)
LISTS = {"businessPhones", "homePhones", "proxyAddresses", "otherMails"}


def value_of(field: str) -> st.SearchStrategy[object]:
    match field:
        case "accountEnabled":
            return st.none() | st.booleans()
        case "assignedLicenses":
            return st.none() | st.lists(st.none() | st.just({"skuId": "1"}), max_size=2)
        case "emailAddresses":
            entry = st.none() | st.dictionaries(st.sampled_from(["address", "name"]), TEXT)
            return st.none() | st.lists(entry, max_size=3)
        case "businessAddress" | "homeAddress" | "otherAddress":
            return ADDRESS
        case _:
            return TEXTS if field in LISTS else TEXT


def objects(fields: tuple[str, ...]) -> st.SearchStrategy[dict[str, object]]:
    others = {field: value_of(field) for field in fields if field != "id"}
    return st.fixed_dictionaries({"id": st.just("id")}, optional=others)


def page(*records: Mapping[str, object]) -> bytes:
    return json.dumps({"value": records, "@odata.nextLink": "x"}).encode()


def user(**fields: object) -> UserRecord | Removal:
    found, bad = decode_users(page({"id": "id", **fields}))
    assert bad == []
    return to_sighting(found.value[0])


@given(objects(USER_FIELDS))
def test_any_fields_of_a_person_may_be_absent_or_null(fields: dict[str, object]) -> None:
    record = user(**fields)

    assert isinstance(record, UserRecord)
    for name in UserRecord.__struct_fields__:
        value = getattr(record, name)
        if isinstance(value, str):
            assert_clean(value)
    assert record.enabled is (fields.get("accountEnabled") is not False)
    assert list(record.aliases) == sorted(set(record.aliases))


@given(objects(CONTACT_FIELDS))
def test_any_fields_of_a_contact_may_be_absent_or_null(fields: dict[str, object]) -> None:
    found, bad = decode_contacts(page(fields))
    contact = to_contact(found.value[0], FOLDER)

    assert bad == []
    assert contact.display_name
    for text in (contact.display_name, contact.first_name, contact.last_name, *contact.emails):
        assert_clean(text)
    assert all(phone.number for phone in contact.phones)
    assert len(set(contact.emails)) == len(contact.emails)


@given(st.text())
def test_a_text_is_one_line_without_control_characters(text: str) -> None:
    assert_clean(clean_text(text))


def assert_clean(text: str) -> None:
    assert text == text.strip()
    assert len(text.splitlines()) <= 1
    assert not any(character < " " or "\x7f" <= character < "\xa0" for character in text)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (None, ""),
        ("", ""),
        ("  Zoë  ", "Zoë"),
        (" \t\n ", ""),
        ("Anna\r\nMaria", "Anna Maria"),
        ("a\x00b", "a b"),
        ("one\u2028two\u2029three\x85four", "one two three four"),
        ("\N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}",) * 2,
        ("ناصر\u200f", "ناصر\u200f"),
    ],
)
def test_a_text_keeps_all_that_is_not_control_or_outer_space(text: str | None, clean: str) -> None:
    assert clean_text(text) == clean


def test_a_person_has_all_that_graph_says() -> None:
    record = user(
        displayName="Zoë Last",
        givenName="Zoë",
        surname="Last",
        mail="Zoe@Contoso.example",
        userPrincipalName="zoe@contoso.example",
        mobilePhone="+1 425 555 0100",
        businessPhones=["+1 425 555 0109 x12"],
        jobTitle="Buyer",
        department="Purchasing",
        officeLocation="18/2111",
        companyName="Contoso",
        accountEnabled=True,
        userType="Member",
        assignedLicenses=[{"skuId": "1"}],
        proxyAddresses=["SMTP:Zoe@Contoso.example", "smtp:Z@Contoso.example", "X500:/o=x", "sip:z"],
        otherMails=["Private@Home.example", None],
        employeeId="4711",
        preferredLanguage="de-DE",
        usageLocation="DE",
        faxNumber="+1 425 555 0199",
    )

    assert record == UserRecord(
        source_id=record.source_id,
        display_name="Zoë Last",
        first_name="Zoë",
        last_name="Last",
        principal_name="zoe@contoso.example",
        email="Zoe@Contoso.example",
        aliases=("private@home.example", "z@contoso.example"),
        mobile_phone="+1 425 555 0100",
        business_phone="+1 425 555 0109 x12",
        fax="+1 425 555 0199",
        job_title="Buyer",
        department="Purchasing",
        office="18/2111",
        company="Contoso",
        employee_id="4711",
        language="de-DE",
        country="DE",
        enabled=True,
        guest=False,
        licensed=True,
    )


@pytest.mark.parametrize(
    ("fields", "guest"),
    [
        ({"userType": "Guest"}, True),
        ({"userType": "guest"}, True),
        ({"userType": "Member"}, False),
        ({"userType": None}, False),
        ({"userType": "Member", "userPrincipalName": "a_b.c#EXT#@d.example"}, True),
        ({"userPrincipalName": "a_b.c#ext#@d.example"}, True),
    ],
)
def test_a_guest_is_told_by_type_or_by_the_mark_of_external_people(
    fields: dict[str, object], *, guest: bool
) -> None:
    record = user(**fields)

    assert isinstance(record, UserRecord)
    assert record.guest is guest


@pytest.mark.parametrize(
    ("mark", "permanent"),
    [
        ({"reason": "changed"}, False),
        ({"reason": "deleted"}, True),
        ({"reason": None}, True),
        ({}, True),
    ],
)
def test_a_removal_that_can_be_restored_is_not_permanent(
    mark: dict[str, object], *, permanent: bool
) -> None:
    removal = user(**{"@removed": mark})

    assert isinstance(removal, Removal)
    assert removal.permanent is permanent


def test_a_contact_has_phones_mails_and_addresses_by_kind() -> None:
    found, _ = decode_contacts(
        page(
            {
                "id": "id",
                "displayName": "Ann",
                "emailAddresses": [
                    {"address": "a@x.example", "name": "A"},
                    {"address": None},
                    None,
                    {"address": "a@x.example"},
                    {"address": "b@x.example"},
                ],
                "businessPhones": ["1", None, " ", "2"],
                "mobilePhone": "3",
                "homePhones": ["4"],
                "businessAddress": {"street": "Way 1", "countryOrRegion": "Germany"},
                "homeAddress": {},
                "otherAddress": {"city": None},
            }
        )
    )
    contact = to_contact(found.value[0], FOLDER)

    assert contact.emails == ("a@x.example", "b@x.example")
    assert contact.phones == (
        Phone("business", "1"),
        Phone("business", "2"),
        Phone("mobile", "3"),
        Phone("home", "4"),
    )
    assert contact.addresses == (PostalAddress("business", street="Way 1", country="Germany"),)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"displayName": "D", "givenName": "G"}, "D"),
        ({"displayName": " ", "givenName": "G", "surname": "S", "companyName": "C"}, "G S"),
        ({"surname": "S", "companyName": "C"}, "S"),
        ({"companyName": "C", "fileAs": "F"}, "C"),
        ({"fileAs": "F", "emailAddresses": [{"address": "e@x"}]}, "F"),
        ({"emailAddresses": [{"address": "e@x"}], "mobilePhone": "1"}, "e@x"),
        ({"mobilePhone": "1"}, "1"),
        ({}, "–"),
    ],
)
def test_a_contact_without_a_name_is_called_by_what_there_is(
    fields: dict[str, object], name: str
) -> None:
    found, _ = decode_contacts(page({"id": "id", **fields}))

    assert to_contact(found.value[0], FOLDER).display_name == name
