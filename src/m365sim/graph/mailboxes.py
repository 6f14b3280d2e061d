"""The way into a mailbox: whose, may the application, does Exchange serve it. Contract d.7, d.8."""

from dataclasses import dataclass
from uuid import UUID

from msgspec.structs import replace

from m365sim.answers import GraphError
from m365sim.graph.call import Call
from m365sim.graph.item_ids import IdKind, ItemId, mailbox_sign, read_id
from m365sim.graph.users import not_found
from m365sim.state.contents import DEFAULT_FOLDER, Contents, Folder
from m365sim.state.mailbox import Mailbox, MailboxKind

DEFAULT_FOLDER_NAME = "contacts"
"""The well-known name under which the default folder is reached though no list shows it."""


@dataclass(frozen=True, slots=True)
class OpenMailbox:
    """A mailbox that the caller may read."""

    slot: int
    sign: str
    contents: Contents

    def folder(self, name: str) -> Folder:
        """Return a folder by id or well-known name; 404 when it is not there."""
        if name.lower() == DEFAULT_FOLDER_NAME:
            return self.contents.folders[DEFAULT_FOLDER]
        item = self.item(name)
        found = self.contents.folders.get(item.number) if item.kind is IdKind.FOLDER else None
        if found is None:
            raise item_not_found()
        return found

    def item(self, name: str) -> ItemId:
        """Take an id apart; 404 for one of another mailbox."""
        item = read_id(name)
        if item.mailbox != self.sign:
            raise item_not_found()
        return item


def open_mailbox(call: Call, roles: frozenset[str]) -> OpenMailbox:
    """Return the mailbox that the path begins with."""
    slot = admitted_slot(call, roles)
    return OpenMailbox(
        slot, mailbox_sign(call.directory.people.object_id(slot)), call.directory.contents(slot)
    )


def admitted_slot(call: Call, roles: frozenset[str]) -> int:
    """Return whose mailbox the path means, once the caller is let in and Exchange serves it."""
    granted = bool(call.access.roles & roles)
    if not granted and not _mailbox_roles(call) & roles:
        raise access_denied("Access is denied. Check credentials and try again.")
    slot = mailbox_owner(call, call.arguments[0])
    granted_here = _granted_in_exchange(call, slot, roles)
    mailbox = call.directory.mailbox(slot)
    if not granted and not granted_here:
        raise access_denied("Access is denied. Check credentials and try again.")
    if mailbox.denied and not granted_here:
        raise access_denied("Access to OData is disabled.")
    _check_served(call, slot, mailbox)
    return slot


def mailbox_owner(call: Call, name: str) -> int:
    """Return the slot of an object id, principal name or mail address; 404 when nobody has it."""
    slot = call.directory.people.by_address(name)
    if slot is not None:
        return slot
    if _is_guid(name):
        raise not_found(name)
    raise GraphError(404, "ErrorInvalidUser", f"The requested user '{name}' is invalid.")


def access_denied(message: str) -> GraphError:
    """Refuse as Exchange does."""
    return GraphError(403, "ErrorAccessDenied", message)


def item_not_found() -> GraphError:
    """Say that a folder or contact is not in the mailbox."""
    return GraphError(404, "ErrorItemNotFound", "The specified object was not found in the store.")


def _mailbox_roles(call: Call) -> set[str]:
    application = call.access.application
    return {grant.role for grant in application.mailbox_grants} if application else set()


def _granted_in_exchange(call: Call, slot: int, roles: frozenset[str]) -> bool:
    application = call.access.application
    owner = call.directory.people.object_id(slot)
    return application is not None and any(
        grant.role in roles and (grant.mailboxes is None or owner in grant.mailboxes)
        for grant in application.mailbox_grants
    )


def _check_served(call: Call, slot: int, mailbox: Mailbox) -> None:
    if mailbox.kind is MailboxKind.ON_PREMISES:
        raise GraphError(
            404,
            "MailboxNotHostedInExchangeOnline",
            "Mailbox is hosted by an on-premise or non-Exchange server, which is not supported.",
        )
    if not mailbox.kind.usable or mailbox.not_ready_reads > 0:
        if mailbox.not_ready_reads > 0:
            waiting = replace(mailbox, not_ready_reads=mailbox.not_ready_reads - 1)
            call.directory.set_mailbox(slot, waiting)
        raise GraphError(
            404,
            "MailboxNotEnabledForRESTAPI",
            "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
        )


def _is_guid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
