"""Changes in mailboxes: contacts and folders as their owners would change them."""

from m365sim.answers import GraphError
from m365sim.control.asking import ControlError
from m365sim.control.people_changes import Operation, Result, required_user
from m365sim.graph.item_ids import contact_id, folder_id, mailbox_sign, read_id
from m365sim.state.contents import DEFAULT_FOLDER, Contact, Contents, Folder
from m365sim.state.directory import Directory

DEFAULT_PATH = "Contacts"


class AddFolder(Operation, frozen=True, tag="add_folder"):
    """A folder below another; folders are named by path (`Contacts/Customers`), id or number."""

    user: str
    name: str
    parent: str | int = DEFAULT_PATH


class RenameFolder(Operation, frozen=True, tag="rename_folder"):
    """Another name for a folder."""

    user: str
    folder: str | int
    name: str


class MoveFolder(Operation, frozen=True, tag="move_folder"):
    """A folder, with all that is in it, below another."""

    user: str
    folder: str | int
    to: str | int


class DeleteFolder(Operation, frozen=True, tag="delete_folder"):
    """A folder with all that is in it."""

    user: str
    folder: str | int


class AddContact(Operation, frozen=True, tag="add_contact"):
    """A new contact."""

    user: str
    set: dict[str, object]
    folder: str | int = DEFAULT_PATH


class UpdateContact(Operation, frozen=True, tag="update_contact"):
    """Other values for some properties; contacts are named by number or by either id."""

    user: str
    contact: str | int
    set: dict[str, object]


class MoveContact(Operation, frozen=True, tag="move_contact"):
    """A contact into another folder."""

    user: str
    contact: str | int
    to: str | int


class DeleteContact(Operation, frozen=True, tag="delete_contact"):
    """A contact is gone."""

    user: str
    contact: str | int


class EmptyMailbox(Operation, frozen=True, tag="empty_mailbox"):
    """All contacts and all folders but the default one are gone."""

    user: str


MailboxOperation = (
    AddFolder
    | RenameFolder
    | MoveFolder
    | DeleteFolder
    | AddContact
    | UpdateContact
    | MoveContact
    | DeleteContact
    | EmptyMailbox
)


def change_mailbox(directory: Directory, operation: MailboxOperation, now: str) -> Result:
    """Make one change and return the ids of what it was about."""
    contents = directory.edit(required_user(directory, operation.user))
    match operation:
        case AddContact() | UpdateContact() | MoveContact() | DeleteContact():
            return contact_result(contents, _change_contact(contents, operation, now))
        case EmptyMailbox():
            contents.empty()
            return {}
        case _:
            return _folder_result(contents, _change_folder(contents, operation))


def contact_result(contents: Contents, contact: Contact) -> Result:
    """Return by what a contact is known."""
    sign = mailbox_sign(contents.owner)
    ids = {
        name: contact_id(
            sign, contact.number, folder=contact.folder, moves=contact.moves, immutable=immutable
        )
        for name, immutable in (("id", False), ("immutable_id", True))
    }
    return {"number": contact.number, **ids}


def required_folder(contents: Contents, name: str | int) -> Folder:
    """Return a folder by number, id or path."""
    found = contents.folders.get(name) if isinstance(name, int) else _folder_named(contents, name)
    if found is None:
        raise ControlError(f"There is no folder '{name}'.", status=404)
    return found


def _folder_named(contents: Contents, name: str) -> Folder | None:
    sign = mailbox_sign(contents.owner)
    for folder in contents.folders.values():
        if name in (contents.path_of(folder.number), folder_id(sign, folder.number)):
            return folder
    return None


def _required_contact(contents: Contents, name: str | int) -> Contact:
    try:
        number = name if isinstance(name, int) else read_id(name).number
    except GraphError as error:
        raise ControlError(f"'{name}' is no id of a contact.") from error
    contact = contents.contacts.get(number)
    if contact is None:
        raise ControlError(f"There is no contact '{name}'.", status=404)
    return contact


def _change_contact(
    contents: Contents,
    operation: AddContact | UpdateContact | MoveContact | DeleteContact,
    now: str,
) -> Contact:
    if isinstance(operation, AddContact):
        folder = required_folder(contents, operation.folder)
        return contents.add_contact(folder.number, operation.set, now)
    contact = _required_contact(contents, operation.contact)
    match operation:
        case UpdateContact(set=values):
            contents.update_contact(contact, values, now)
        case MoveContact(to=to):
            contents.move_contact(contact, required_folder(contents, to).number, now)
        case DeleteContact():
            contents.delete_contact(contact)
    return contact


def _change_folder(
    contents: Contents, operation: AddFolder | RenameFolder | MoveFolder | DeleteFolder
) -> Folder:
    if isinstance(operation, AddFolder):
        return contents.add_folder(
            operation.name, required_folder(contents, operation.parent).number
        )
    folder = required_folder(contents, operation.folder)
    if folder.number == DEFAULT_FOLDER:
        raise ControlError("The default folder cannot be changed.")
    match operation:
        case RenameFolder(name=name):
            contents.rename_folder(folder, name)
        case MoveFolder(to=to):
            target = required_folder(contents, to)
            if target is folder or target in contents.below(folder.number):
                raise ControlError("A folder cannot be moved into itself.")
            contents.move_folder(folder, target.number)
        case DeleteFolder():
            contents.delete_folder(folder)
    return folder


def _folder_result(contents: Contents, folder: Folder) -> Result:
    return {"number": folder.number, "id": folder_id(mailbox_sign(contents.owner), folder.number)}
