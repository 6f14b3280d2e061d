"""Answers read twice: by the adapter's decoders, and by plain json with names written down here.

Each reading returns where the two differ; what the adapter must refuse and does not is one, too.
"""

import base64
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from rollcall.core.errors import SyncError
from rollcall.core.records import FolderId, Removal
from rollcall.providers.http.client import Answer
from rollcall.providers.m365 import contacts, users
from rollcall.providers.m365.answers import decode_error
from rollcall.providers.m365.auth import explain_refusal
from rollcall.providers.m365.batch import decode_batch, decode_binary, pair_answers
from rollcall.providers.m365.mapping import to_contact, to_sighting
from rollcall.providers.m365.photos import decode_photo, to_tag
from rollcall.providers.m365.purposes import decode_purpose
from rollcall.providers.m365.wire import (
    BatchRequest,
    ContactPageWire,
    Discovery,
    GraphAddress,
    GraphContact,
    GraphEmail,
    GraphFolder,
    GraphOrganization,
    GraphUser,
    OrganizationPageWire,
    Page,
    TokenAnswer,
    UserPageWire,
    decode_page,
)
from tests.unit.examples.documented import Example

T = TypeVar("T")

USER = (
    *("id", "displayName", "givenName", "surname", "mail", "userPrincipalName", "mobilePhone"),
    *("businessPhones", "jobTitle", "department", "officeLocation", "companyName"),
    *("accountEnabled", "userType", "assignedLicenses", "proxyAddresses", "otherMails"),
    *("employeeId", "preferredLanguage", "usageLocation", "faxNumber", "@removed"),
)
CONTACT = (
    *("id", "displayName", "givenName", "surname", "companyName", "jobTitle", "department"),
    *("businessPhones", "homePhones", "mobilePhone", "fileAs", "@removed"),
)
ADDRESS = ("street", "city", "state", "countryOrRegion", "postalCode")
FOLDER = ("id", "displayName", "parentFolderId")
PHOTO = ("id", "width", "height", "@odata.mediaEtag", "@odata.mediaContentType")
ORGANISATION = ("id", "displayName", "countryLetterCode")
DISCOVERY = ("issuer", "msgraph_host", "cloud_instance_name", "token_endpoint")
PAGE = ("@odata.nextLink", "@odata.deltaLink")
NOW = datetime(2026, 11, 23, tzinfo=UTC)


# the families


def read_users(example: Example) -> list[str]:
    """Read people: a page, a person, or a bare number, which is nothing that we ask for."""
    plain = example.plain
    if isinstance(plain, int):
        return _refuses(users.decode_users, example)
    if "value" not in plain:
        return _compare_user(msgspec.json.decode(example.body, type=GraphUser), plain)
    page, bad = decode_page(UserPageWire, GraphUser, example.body)
    wrong = [*_compare_page(page, plain), *(f"unreadable: {each}" for each in bad)]
    for user, each in zip(page.value, plain["value"], strict=True):
        wrong += _compare_user(user, each)
    if all("id" in each for each in plain["value"]):
        users.decode_users(example.body)
    else:
        wrong += _refuses(users.decode_users, example)
    return wrong


def read_contacts(example: Example) -> list[str]:
    """Read contacts: a page or one; and, as resources of their own, what is in them."""
    plain, body = example.plain, example.body
    if example.topic.endswith("physicaladdress"):
        return _compare(msgspec.json.decode(body, type=GraphAddress), plain, ADDRESS)
    if example.topic.endswith("emailaddress"):
        return _compare(msgspec.json.decode(body, type=GraphEmail), plain, ("address", "name"))
    if "value" not in plain:
        return _compare_contact(msgspec.json.decode(body, type=GraphContact), plain)
    page, bad = decode_page(ContactPageWire, GraphContact, body)
    wrong = [*_compare_page(page, plain), *(f"unreadable: {each}" for each in bad)]
    for contact, each in zip(page.value, plain["value"], strict=True):
        wrong += _compare_contact(contact, each)
    if all("id" in each for each in plain["value"]):
        contacts.decode_contacts(body)
    else:
        wrong += _refuses(contacts.decode_contacts, example)
    return wrong


def read_folders(example: Example) -> list[str]:
    """Read contact folders: a page or one."""
    plain, body = example.plain, example.body
    if "value" not in plain:
        return _compare(msgspec.json.decode(body, type=GraphFolder), plain, FOLDER)
    page = contacts.decode_folders(body)
    wrong = _compare_page(page, plain)
    for folder, each in zip(page.value, plain["value"], strict=True):
        wrong += _compare(folder, each, FOLDER)
    return wrong


def read_photo(example: Example) -> list[str]:
    """Read what is said of a photo; one of a single pixel is none."""
    wrong = []
    for each in _objects(example.plain):
        photo = decode_photo(json.dumps(each).encode())
        wrong += _compare(photo, each, PHOTO)
        wrong += _differs("tag", to_tag(photo), _tag(each))
    return wrong


def read_batch(example: Example) -> list[str]:
    """Read a batch: what was asked as we would ask it, each answer under its own number."""
    wrong = _read_batch_request(example) if example.sent else []
    if not example.body:
        return wrong
    plain = {each["id"]: each for each in example.plain["responses"]}
    count = max(map(int, plain))
    answers = pair_answers(count, decode_batch(example.body))
    for number, answer in enumerate(answers, start=1):
        each = plain.get(str(number))
        if answer is None or each is None:
            wrong += _differs(f"answer {number}", answer, each)
            continue
        wrong += _differs(f"status {number}", answer.status, each["status"])
        wrong += _differs(f"body {number}", json.loads(answer.body), each.get("body"))
        wanted = {name.lower(): value for name, value in each.get("headers", {}).items()}
        wrong += _differs(f"headers {number}", dict(answer.headers), wanted)
        if isinstance(each.get("body"), str):
            wanted_bytes = base64.b64decode(each["body"])
            wrong += _differs(f"bytes {number}", decode_binary(answer.body), wanted_bytes)
        elif "error" in (each.get("body") or {}):
            inner = each["body"]["error"].get("innerError", {})
            wrong += _differs("code", answer.error.code, each["body"]["error"]["code"])
            wrong += _differs("request id", answer.error.request_id, inner.get("request-id", ""))
    return wrong


def read_token(example: Example) -> list[str]:
    """Read a token; the decoded assertion, which is a request, is compared in test_requests."""
    if example.header.kind == "jwt":
        return []
    token = msgspec.json.decode(example.body, type=TokenAnswer)
    return _compare(token, example.plain, ("access_token", "expires_in", "token_type"))


def read_purpose(example: Example) -> list[str]:
    """Read what a mailbox is for."""
    return _compare(decode_purpose(example.body), example.plain, ("value",))


def read_organisation(example: Example) -> list[str]:
    """Read the organisation: a page or one."""
    plain, body = example.plain, example.body
    if "value" in plain:
        found = list(msgspec.json.decode(body, type=OrganizationPageWire).value)
    else:
        found = [msgspec.json.decode(body, type=GraphOrganization)]
    wrong = []
    for organisation, each in zip(found, _objects(plain), strict=True):
        wrong += _compare(organisation, each, ORGANISATION)
        domains = [domain.name for domain in organisation.verified_domains or ()]
        wanted = [domain.get("name") for domain in each.get("verifiedDomains") or ()]
        wrong += _differs("domains", domains, wanted)
    return wrong


def read_discovery(example: Example) -> list[str]:
    """Read how a directory describes itself."""
    found = msgspec.json.decode(example.body, type=Discovery)
    return _compare(found, example.plain, DISCOVERY)


def read_error(example: Example) -> list[str]:
    """Read an error: of the token endpoint its numbers and ids, of Graph its code and ids."""
    plain = example.plain["error"]
    if isinstance(plain, str):
        return _read_refusal(example)
    headers = {name.lower(): value for name, value in example.header.response_headers.items()}
    found = decode_error(example.header.status or 400, headers, example.body)
    inner = plain.get("innerError") or plain.get("innererror") or {}
    wanted_id = headers.get("request-id") or inner.get("request-id") or inner.get("requestId") or ""
    return [
        *_differs("code", found.code, plain.get("code") or inner.get("code") or ""),
        *_differs("message", found.message, plain.get("message") or ""),
        *_differs("request id", found.request_id, wanted_id),
        *_differs("date", found.date, headers.get("date") or inner.get("date") or ""),
    ]


# their parts


def _read_refusal(example: Example) -> list[str]:
    plain = example.plain
    answer = Answer(example.header.status or 400, {}, example.body, request_id="ours")
    error: SyncError = explain_refusal(answer, NOW)
    shown = [f"AADSTS{plain['error_codes'][0]}", plain["trace_id"], plain["correlation_id"]]
    return [f"not in “{error}”: {each}" for each in shown if each not in str(error)]


def _read_batch_request(example: Example) -> list[str]:
    """Only what is a GET is of a kind that we send."""
    asked = [each for each in example.asked["requests"] if each["method"] == "GET"]
    body = json.dumps({"requests": [{"headers": {}, **each} for each in asked]}).encode()
    found = msgspec.json.decode(body, type=BatchRequest)
    return _differs(
        "requests",
        [(each.id, each.url, each.headers) for each in found.requests],
        [(each["id"], each["url"], each.get("headers", {})) for each in asked],
    )


def _compare_user(user: GraphUser, plain: dict[str, Any]) -> list[str]:
    wrong = _compare(user, plain, USER)
    record = to_sighting(user)
    removed = plain.get("@removed")
    if isinstance(record, Removal):
        permanent = removed is not None and removed["reason"] == "deleted"
        return [*wrong, *_differs("permanent", record.permanent, permanent)]
    phones = [each for each in plain.get("businessPhones") or () if each.strip()]
    return [
        *wrong,
        *_differs("removed", None, removed),
        *_differs("name", record.display_name, (plain.get("displayName") or "").strip()),
        *_differs("address", record.email, (plain.get("mail") or "").strip()),
        *_differs("phone", record.business_phone, phones[0] if phones else ""),
        *_differs("enabled", record.enabled, plain.get("accountEnabled", True)),
        *_differs("licensed", record.licensed, bool(plain.get("assignedLicenses"))),
    ]


def _compare_contact(contact: GraphContact, plain: dict[str, Any]) -> list[str]:
    record = to_contact(contact, FolderId("contacts"))
    mails = [each.get("address") for each in plain.get("emailAddresses") or ()]
    numbers = [
        *(plain.get("businessPhones") or ()),
        plain.get("mobilePhone"),
        *(plain.get("homePhones") or ()),
    ]
    places = [plain.get(f"{kind}Address") or {} for kind in ("business", "home", "other")]
    streets = [each for each in places if any(each.get(name) for name in ADDRESS)]
    return [
        *_compare(contact, plain, CONTACT),
        *_differs("addresses", list(record.emails), list(dict.fromkeys(filter(None, mails)))),
        *_differs("phones", [each.number for each in record.phones], list(filter(None, numbers))),
        *_differs(
            "places",
            [(each.street, each.city) for each in record.addresses],
            [(each.get("street") or "", each.get("city") or "") for each in streets],
        ),
        *_differs("name", record.display_name != "", True),
    ]


def _compare_page(page: Page[T], plain: dict[str, Any]) -> list[str]:
    return [
        *_differs("how many", len(page.value), len(plain["value"])),
        *_differs("links", [page.next_link, page.delta_link], [plain.get(name) for name in PAGE]),
    ]


def _compare(found: msgspec.Struct, plain: dict[str, Any], names: Iterable[str]) -> list[str]:
    """Compare what was decoded, under the names of the wire, with what is there."""
    decoded = json.loads(msgspec.json.encode(found))
    return [
        difference
        for name in names
        for difference in _differs(name, decoded[name], plain.get(name))
    ]


def _differs(what: str, found: object, wanted: object) -> list[str]:
    return [] if found == wanted else [f"{what}: {found!r}, not {wanted!r}"]


def _refuses(decode: Any, example: Example) -> list[str]:
    try:
        decode(example.body)
    except msgspec.DecodeError:
        return []
    return ["taken although it is no page of objects with ids"]


def _objects(plain: dict[str, Any]) -> list[dict[str, Any]]:
    return list(plain["value"]) if "value" in plain else [plain]


def _tag(plain: dict[str, Any]) -> str:
    single = str(plain.get("id")).lower() == "1x1"
    return "" if single else plain.get("@odata.mediaEtag") or ""
