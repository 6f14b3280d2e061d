"""Graph's and Entra's JSON, as it is on the wire. Only this module knows their names.

Every field may be missing or null: Graph leaves out what never had a value and sends null for
what was cleared. Unknown fields are ignored.
"""

from typing import Generic, TypeVar

import msgspec
from msgspec import field

T = TypeVar("T")


class _Wire(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """An object of the wire: camel-case names, immutable, no cycles."""


class RemovedMark(_Wire, frozen=True):
    reason: str | None = None


class GraphUser(_Wire, frozen=True):
    """https://learn.microsoft.com/graph/api/resources/user"""

    id: str | None = None
    removed: RemovedMark | None = field(name="@removed", default=None)
    display_name: str | None = None
    given_name: str | None = None
    surname: str | None = None
    mail: str | None = None
    user_principal_name: str | None = None
    mobile_phone: str | None = None
    business_phones: list[str | None] | None = None
    job_title: str | None = None
    department: str | None = None
    office_location: str | None = None
    company_name: str | None = None
    account_enabled: bool | None = None
    user_type: str | None = None
    assigned_licenses: list[msgspec.Raw] | None = None
    proxy_addresses: list[str | None] | None = None
    other_mails: list[str | None] | None = None
    employee_id: str | None = None
    preferred_language: str | None = None
    usage_location: str | None = None
    fax_number: str | None = None


USER_FIELDS = tuple(
    each.encode_name
    for each in msgspec.structs.fields(GraphUser)
    if not each.encode_name.startswith("@")
)
"""The $select of people: what GraphUser decodes."""


class OnlyId(_Wire, frozen=True):
    id: str | None = None


class GraphEmail(_Wire, frozen=True):
    address: str | None = None
    name: str | None = None


class GraphAddress(_Wire, frozen=True):
    street: str | None = None
    city: str | None = None
    state: str | None = None
    country_or_region: str | None = None
    postal_code: str | None = None


class GraphContact(_Wire, frozen=True):
    """https://learn.microsoft.com/graph/api/resources/contact"""

    id: str | None = None
    removed: RemovedMark | None = field(name="@removed", default=None)
    display_name: str | None = None
    given_name: str | None = None
    surname: str | None = None
    company_name: str | None = None
    job_title: str | None = None
    department: str | None = None
    email_addresses: list[GraphEmail | None] | None = None
    business_phones: list[str | None] | None = None
    home_phones: list[str | None] | None = None
    mobile_phone: str | None = None
    business_address: GraphAddress | None = None
    home_address: GraphAddress | None = None
    other_address: GraphAddress | None = None
    file_as: str | None = None


CONTACT_FIELDS = tuple(
    each.encode_name
    for each in msgspec.structs.fields(GraphContact)
    if not each.encode_name.startswith("@")
)
"""The $select of contacts: what GraphContact decodes."""


class GraphFolder(_Wire, frozen=True):
    """https://learn.microsoft.com/graph/api/resources/contactfolder"""

    id: str | None = None
    display_name: str | None = None
    parent_folder_id: str | None = None


class GraphPhoto(_Wire, frozen=True):
    """https://learn.microsoft.com/graph/api/resources/profilephoto"""

    id: str | None = None
    media_etag: str | None = field(name="@odata.mediaEtag", default=None)
    media_content_type: str | None = field(name="@odata.mediaContentType", default=None)
    width: int | None = None
    height: int | None = None


class GraphPurpose(_Wire, frozen=True):
    value: str | None = None


class GraphDomain(_Wire, frozen=True):
    name: str | None = None
    is_default: bool | None = None


class GraphOrganization(_Wire, frozen=True):
    id: str | None = None
    display_name: str | None = None
    verified_domains: list[GraphDomain] | None = None
    country_letter_code: str | None = None


class Page(msgspec.Struct, Generic[T], frozen=True, gc=False):
    """A page of a collection. `value` must be a list: null or nothing is no page."""

    value: list[T]
    next_link: str | None = field(name="@odata.nextLink", default=None)
    delta_link: str | None = field(name="@odata.deltaLink", default=None)


UserPageWire = Page[GraphUser]
ContactPageWire = Page[GraphContact]
FolderPageWire = Page[GraphFolder]
OrganizationPageWire = Page[GraphOrganization]
RawPage = Page[msgspec.Raw]


class BatchItem(msgspec.Struct, frozen=True):
    """One request inside a batch; the URL is relative to the version."""

    id: str
    method: str
    url: str
    headers: dict[str, str]


class BatchRequest(msgspec.Struct, frozen=True):
    requests: list[BatchItem]


class BatchItemAnswer(msgspec.Struct, frozen=True):
    """One answer inside a batch, in any order. Bodies are JSON, or base64 text for bytes."""

    id: str
    status: int
    headers: dict[str, str] | None = None
    body: msgspec.Raw = msgspec.Raw(b"null")


class BatchAnswer(msgspec.Struct, frozen=True):
    responses: list[BatchItemAnswer]


class InnerError(msgspec.Struct, frozen=True):
    request_id: str | None = field(name="request-id", default=None)
    request_id_camel: str | None = field(name="requestId", default=None)
    client_request_id: str | None = field(name="client-request-id", default=None)
    code: str | None = None
    date: str | None = None


class ErrorDetail(msgspec.Struct, frozen=True):
    code: str | None = None
    message: str | None = None
    inner_error: InnerError | None = field(name="innerError", default=None)
    innererror: InnerError | None = None


class ErrorBody(msgspec.Struct, frozen=True):
    """https://learn.microsoft.com/graph/errors; `innerError` is seen in two spellings."""

    error: ErrorDetail


class TokenAnswer(msgspec.Struct, frozen=True):
    """RFC 6749, 5.1."""

    access_token: str
    expires_in: int | str
    token_type: str | None = None


class IdTokenAnswer(msgspec.Struct, frozen=True):
    """OpenID Connect Core 3.1.3.3. The access token beside it is not even read."""

    id_token: str | None = None


class TokenError(msgspec.Struct, frozen=True):
    """RFC 6749, 5.2, with what Entra adds."""

    error: str | None = None
    error_description: str | None = None
    error_codes: list[int] | None = None
    trace_id: str | None = None
    correlation_id: str | None = None
    timestamp: str | None = None


class Discovery(msgspec.Struct, frozen=True):
    """OpenID Connect Discovery 1.0, with what Entra adds."""

    issuer: str | None = None
    msgraph_host: str | None = None
    cloud_instance_name: str | None = None
    token_endpoint: str | None = None


class AccessClaims(msgspec.Struct, frozen=True):
    """Claims of an access token, unverified: it is Graph's to verify, ours only to show."""

    tid: str | None = None
    appid: str | None = None
    oid: str | None = None
    roles: list[str] | None = None


def decode_page(kind: type[Page[T]], item: type[T], body: bytes) -> tuple[Page[T], list[str]]:
    """Decode a page; objects that do not decode are left out, and named by id in the second part.

    Raises msgspec.DecodeError when it is no page at all.
    """
    try:
        return msgspec.json.decode(body, type=kind), []
    except msgspec.ValidationError:
        raw = msgspec.json.decode(body, type=RawPage)
    good: list[T] = []
    bad: list[str] = []
    for each in raw.value:
        try:
            good.append(msgspec.json.decode(each, type=item))
        except msgspec.ValidationError:
            bad.append(_only_id(each))
    return Page(value=good, next_link=raw.next_link, delta_link=raw.delta_link), bad


def _only_id(raw: msgspec.Raw) -> str:
    try:
        return msgspec.json.decode(raw, type=OnlyId).id or ""
    except msgspec.ValidationError:
        return ""
