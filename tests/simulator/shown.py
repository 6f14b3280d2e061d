"""What the control interface shows: directories, the truth in them, the log."""

from typing import Any

from msgspec import Struct


class CertificateInfo(Struct, frozen=True):
    """An uploaded certificate."""

    thumbprint_sha1: str
    thumbprint_sha256: str
    start: str
    end: str


class ApplicationInfo(Struct, frozen=True):
    """An app registration as the simulator shows it."""

    name: str
    application_id: str
    object_id: str = ""
    service_principal_id: str = ""
    roles: tuple[str, ...] = ()
    enabled: bool = True
    delegated: tuple[str, ...] = ()
    redirect_uris: tuple[str, ...] = ()
    logout_url: str = ""
    optional_claims: tuple[str, ...] = ()
    assignment_required: bool = False
    assigned: tuple[str, ...] = ()
    certificates: tuple[CertificateInfo, ...] = ()


class DirectoryInfo(Struct, frozen=True):
    """A directory as the simulator shows it."""

    directory_id: str
    name: str
    domains: tuple[str, ...]
    cloud: str
    users: int
    deleted_users: int
    applications: tuple[ApplicationInfo, ...]


class UserTruth(Struct, frozen=True):
    """A user object as it really is."""

    id: str
    life: str
    properties: dict[str, Any] = {}
    mailbox: str = ""
    denied: bool = False
    photo: str | None = None


class ContactTruth(Struct, frozen=True):
    """A contact as it really is; `folder` is a path from "Contacts"."""

    number: int
    id: str
    immutable_id: str
    folder: str
    modified_at: str
    properties: dict[str, Any]


class FolderTruth(Struct, frozen=True):
    """A contact folder as it really is."""

    number: int
    id: str
    path: str


class MailboxTruth(Struct, frozen=True):
    """What is in a mailbox."""

    folders: tuple[FolderTruth, ...]
    contacts: tuple[ContactTruth, ...]


class GroupTruth(Struct, frozen=True):
    """A group and the object ids in it."""

    id: str
    name: str
    members: tuple[str, ...]


class KeysInfo(Struct, frozen=True):
    """The keys of a directory by their ids."""

    own: bool
    signing: str
    published: tuple[str, ...]


class SignedIn(Struct, frozen=True):
    """What a browser is sent back with after somebody signed in."""

    redirect: str
    """The whole address: redirect URI, code, state."""
    code: str
    sid: str
    state: str | None = None


class BatchItemSeen(Struct, frozen=True):
    """An item of a batch in the log."""

    id: str
    method: str
    url: str
    status: int
    headers: dict[str, str] = {}


class RequestSeen(Struct, frozen=True):
    """A request in the log."""

    number: int
    at: float
    host: str
    method: str
    path: str
    status: int
    directory: str
    headers: dict[str, str]
    items: tuple[BatchItemSeen, ...]
    faults: tuple[int, ...]


class ExchangeSeen(Struct, frozen=True):
    """A recorded request with its answer; bodies that are no text are base64."""

    number: int
    host: str
    method: str
    path: str
    request_headers: dict[str, str]
    request_body: str
    status: int
    response_headers: dict[str, str]
    response_body: str


class FaultSeen(Struct, frozen=True):
    """A fault and how often it struck."""

    id: int
    fault: str
    matched: int
    hits: int
