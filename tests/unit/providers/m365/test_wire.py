"""The JSON of Graph and Entra: what is no page, and what is one with an odd object in it."""

import json

import msgspec
import pytest

from rollcall.providers.m365.contacts import decode_contacts, decode_folders
from rollcall.providers.m365.users import decode_users
from rollcall.providers.m365.wire import (
    CONTACT_FIELDS,
    USER_FIELDS,
    Discovery,
    GraphPhoto,
    TokenAnswer,
    TokenError,
)

CONTRACT_USER_FIELDS = (
    "id displayName givenName surname mail userPrincipalName mobilePhone businessPhones jobTitle "
    "department officeLocation companyName accountEnabled userType assignedLicenses "
    "proxyAddresses otherMails employeeId preferredLanguage usageLocation faxNumber"
)
ABSENT_ELSEWHERE = {"primaryEmailAddress", "secondaryEmailAddress", "tertiaryEmailAddress"}


def text(value: object) -> bytes:
    return json.dumps(value).encode()


def test_of_people_exactly_what_the_contract_recommends_is_asked_for() -> None:
    assert set(USER_FIELDS) == set(CONTRACT_USER_FIELDS.split())


def test_of_contacts_nothing_is_asked_for_that_some_clouds_do_not_have() -> None:
    assert not ABSENT_ELSEWHERE & set(CONTACT_FIELDS)
    assert {"id", "displayName", "emailAddresses", "businessPhones"} <= set(CONTACT_FIELDS)


def test_a_page_has_its_objects_and_its_links() -> None:
    page, bad = decode_users(
        text(
            {
                "@odata.context": "https://graph.example/v1.0/$metadata#users(id)",
                "value": [{"id": "1"}, {"id": "2", "@removed": {"reason": "deleted"}}],
                "@odata.deltaLink": "https://graph.example/v1.0/users/delta?$deltatoken=x",
            }
        )
    )

    assert [user.id for user in page.value] == ["1", "2"]
    assert page.value[0].removed is None
    assert page.value[1].removed is not None
    assert page.next_link is None
    assert page.delta_link == "https://graph.example/v1.0/users/delta?$deltatoken=x"
    assert bad == []


@pytest.mark.parametrize("decode", [decode_users, decode_contacts, decode_folders])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"{}",
        b'{"value":null}',
        b'{"value":{}}',
        b'{"value":[{"id":"1"}',
        b'{"value":[],"@odata.nextLink":7}',
        b"<html></html>",
    ],
)
def test_what_is_no_page_is_never_taken_for_an_empty_one(decode: object, body: bytes) -> None:
    assert callable(decode)
    with pytest.raises(msgspec.DecodeError):
        decode(body)


@pytest.mark.parametrize("decode", [decode_users, decode_contacts])
def test_an_object_that_does_not_decode_is_named_and_the_others_are_there(decode: object) -> None:
    assert callable(decode)
    body = text(
        {
            "value": [{"id": "1"}, {"id": "2", "displayName": 7}, {"id": "3"}],
            "@odata.nextLink": "next",
        }
    )

    page, bad = decode(body)

    assert [each.id for each in page.value] == ["1", "3"]
    assert bad == ["2"]
    assert page.next_link == "next"


@pytest.mark.parametrize("decode", [decode_users, decode_contacts])
@pytest.mark.parametrize(
    "odd", [{}, {"id": None}, {"id": ""}, {"id": 7}, 7, None, [], {"displayName": []}]
)
def test_a_page_with_an_object_that_cannot_be_named_is_no_page(decode: object, odd: object) -> None:
    assert callable(decode)
    with pytest.raises(msgspec.DecodeError):
        decode(text({"value": [{"id": "1"}, odd]}))


def test_the_tag_of_a_photo_has_a_name_of_its_own() -> None:
    body = text({"@odata.mediaEtag": '"BA09D118"', "id": "240x240", "width": 240, "height": 240})

    assert msgspec.json.decode(body, type=GraphPhoto).media_etag == '"BA09D118"'


@pytest.mark.parametrize("expires_in", [3599, "3599"])
def test_a_token_may_say_its_life_as_text(expires_in: object) -> None:
    body = text({"access_token": "x", "expires_in": expires_in, "ext_expires_in": 3599})

    assert int(msgspec.json.decode(body, type=TokenAnswer).expires_in) == 3599


@pytest.mark.parametrize("kind", [TokenError, Discovery])
def test_everything_in_a_refusal_or_a_discovery_may_be_absent_or_null(kind: type) -> None:
    names = [field.encode_name for field in msgspec.structs.fields(kind)]

    assert msgspec.json.decode(b"{}", type=kind) == kind()
    assert msgspec.json.decode(text(dict.fromkeys(names)), type=kind) == kind()
