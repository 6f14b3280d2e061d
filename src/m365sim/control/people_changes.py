"""Changes of people: as an administrator or Microsoft's own services would make them."""

from base64 import b64decode
from typing import Literal

from msgspec import Struct, field
from msgspec.structs import replace

from m365sim.control.asking import ControlError
from m365sim.drawing import broken_picture, measured
from m365sim.state.directory import Directory
from m365sim.state.mailbox import Mailbox, MailboxKind
from m365sim.state.origin import Properties
from m365sim.state.people import Life
from m365sim.state.photo import Photo

Result = dict[str, object]


class Operation(Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", kw_only=True):
    """One change; `user` is an object id, a principal name or a mail address."""


class AddUser(Operation, frozen=True, tag="add_user"):
    """A new user with these properties."""

    set: Properties
    mailbox: MailboxKind = MailboxKind.USER


class UpdateUser(Operation, frozen=True, tag="update_user"):
    """Other values for some properties; null clears one."""

    user: str
    set: Properties


class Disable(Operation, frozen=True, tag="disable"):
    """The account is blocked."""

    user: str


class Enable(Operation, frozen=True, tag="enable"):
    """The account is open again."""

    user: str


class DeleteUser(Operation, frozen=True, tag="delete_user"):
    """Into the recycle bin."""

    user: str


class RestoreUser(Operation, frozen=True, tag="restore_user"):
    """Out of the recycle bin, with the same id."""

    user: str


class PurgeUser(Operation, frozen=True, tag="purge_user"):
    """Gone for good."""

    user: str


class RecreateUser(Operation, frozen=True, tag="recreate_user"):
    """Gone for good and made again with the same properties: another object id."""

    user: str


class SetPhoto(Operation, frozen=True, tag="set_photo"):
    """A photo that is drawn, a broken one, or (base64) any bytes."""

    user: str
    photo: str = "drawn"
    seed: str = ""
    size: int = 648
    picture_format: Literal["jpeg", "png"] = field(default="jpeg", name="format")
    content_type: str = ""
    """The type Graph declares, when it shall not be the true one."""
    initials: str = ""


class RemovePhoto(Operation, frozen=True, tag="remove_photo"):
    """No photo any more."""

    user: str


class SetMailbox(Operation, frozen=True, tag="set_mailbox"):
    """Another state of the mailbox; what is not given stays."""

    user: str
    kind: MailboxKind | None = None
    denied: bool | None = None
    not_ready_reads: int | None = None


PeopleOperation = (
    AddUser
    | UpdateUser
    | Disable
    | Enable
    | DeleteUser
    | RestoreUser
    | PurgeUser
    | RecreateUser
    | SetPhoto
    | RemovePhoto
    | SetMailbox
)


def change_people(directory: Directory, operation: PeopleOperation, now: str) -> Result:
    """Make one change and return the id of whom it was about."""
    people = directory.people
    match operation:
        case AddUser():
            slot = people.add(_complete(directory, operation.set, now))
            directory.set_mailbox(slot, Mailbox(kind=operation.mailbox))
        case RestoreUser() | PurgeUser() | RecreateUser():
            slot = _change_life(directory, operation, now)
        case _:
            slot = required_user(directory, operation.user)
            _change_user(directory, slot, operation, now)
    return {"id": people.object_id(slot)}


def required_user(directory: Directory, name: str) -> int:
    """Return somebody who is there."""
    slot = directory.people.by_address(name)
    if slot is None:
        raise ControlError(f"There is no user '{name}'.", status=404)
    return slot


def any_user(directory: Directory, name: str) -> int:
    """Return somebody who is there or in the recycle bin."""
    people = directory.people
    slot = people.by_address(name)
    if slot is None:
        slot = people.by_id(name)
    if slot is None:
        for deleted in people.deleted_slots():
            if str(people.properties(deleted).get("userPrincipalName")).lower() == name.lower():
                slot = deleted
    if slot is None:
        raise ControlError(f"There is no user '{name}', nor a deleted one.", status=404)
    return slot


def _change_user(
    directory: Directory,
    slot: int,
    operation: UpdateUser | Disable | Enable | DeleteUser | SetPhoto | RemovePhoto | SetMailbox,
    now: str,
) -> None:
    match operation:
        case UpdateUser(set=values):
            directory.people.update(slot, _with_proxies(directory.people.properties(slot), values))
        case Disable():
            directory.people.update(slot, {"accountEnabled": False})
        case Enable():
            directory.people.update(slot, {"accountEnabled": True})
        case DeleteUser():
            directory.people.set_life(slot, Life.DELETED, now)
        case SetPhoto():
            directory.set_photo(
                slot, _photo(operation, f"{directory.people.object_id(slot)}:{now}")
            )
        case RemovePhoto():
            directory.set_photo(slot, None)
        case SetMailbox():
            directory.set_mailbox(slot, _mailbox(directory.mailbox(slot), operation))


def _change_life(
    directory: Directory, operation: RestoreUser | PurgeUser | RecreateUser, now: str
) -> int:
    people = directory.people
    slot = any_user(directory, operation.user)
    match operation:
        case RestoreUser():
            if people.life(slot) is not Life.DELETED:
                raise ControlError(f"'{operation.user}' is not in the recycle bin.")
            people.set_life(slot, Life.LIVE, now)
            return slot
        case PurgeUser():
            people.set_life(slot, Life.PURGED, now)
            return slot
        case RecreateUser():
            people.set_life(slot, Life.PURGED, now)
            mailbox = directory.mailbox(slot)
            again = people.add({**people.properties(slot), "createdDateTime": now})
            directory.set_mailbox(again, mailbox)
            return again


def _complete(directory: Directory, given: Properties, now: str) -> Properties:
    name = given.get("displayName")
    if not isinstance(name, str):
        raise ControlError("A user needs a displayName.")
    nickname = "".join(sign for sign in name if sign.isascii() and sign.isalnum()) or "user"
    principal_name = given.get("userPrincipalName") or f"{nickname}@{directory.default_domain}"
    properties: Properties = {
        "accountEnabled": True,
        "userType": "Member",
        "createdDateTime": now,
        "userPrincipalName": principal_name,
        "mailNickname": str(principal_name).partition("@")[0],
    }
    mail = given.get("mail")
    if isinstance(mail, str):
        properties["proxyAddresses"] = [f"SMTP:{mail}"]
    return properties | {name: value for name, value in given.items() if value is not None}


def _with_proxies(before: Properties, values: Properties) -> Properties:
    """A new mail address becomes the primary one, and the old one stays as an alias."""
    mail = values.get("mail")
    if not isinstance(mail, str) or "proxyAddresses" in values:
        return values
    proxies = before.get("proxyAddresses")
    others = [str(one) for one in proxies] if isinstance(proxies, list) else []
    kept = [one for one in others if one.partition(":")[2].lower() != mail.lower()]
    demoted = [f"smtp:{one[5:]}" if one.startswith("SMTP:") else one for one in kept]
    return {**values, "proxyAddresses": [f"SMTP:{mail}", *demoted]}


def _photo(operation: SetPhoto, otherwise: str) -> Photo:
    seed = operation.seed or otherwise
    if operation.photo == "drawn":
        return Photo(
            seed=seed,
            size=operation.size,
            picture_format=operation.picture_format,
            declared_type=operation.content_type,
            initials=operation.initials,
        )
    if operation.photo == "broken":
        raw = broken_picture(seed)
    else:
        try:
            raw = b64decode(operation.photo, validate=True)
        except ValueError as error:
            raise ControlError("A photo is `drawn`, `broken` or base64.") from error
    size, picture_format = measured(raw) or (operation.size, operation.picture_format)
    return Photo(
        seed=seed,
        size=size,
        picture_format=picture_format,
        declared_type=operation.content_type,
        drawn=False,
        raw=raw,
    )


def _mailbox(before: Mailbox, operation: SetMailbox) -> Mailbox:
    return replace(
        before,
        kind=before.kind if operation.kind is None else operation.kind,
        denied=before.denied if operation.denied is None else operation.denied,
        not_ready_reads=(
            before.not_ready_reads
            if operation.not_ready_reads is None
            else operation.not_ready_reads
        ),
    )
