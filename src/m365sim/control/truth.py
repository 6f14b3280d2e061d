"""What really is in a directory, for tests that compare."""

from urllib.parse import unquote

from m365sim.control.asking import Ask
from m365sim.control.mailbox_changes import contact_result
from m365sim.control.people_changes import any_user
from m365sim.graph.item_ids import folder_id, mailbox_sign
from m365sim.state.directory import Directory
from m365sim.state.people import Life

EVERYTHING = ("properties", "mailbox", "photo")


def list_users(ask: Ask) -> object:
    """List users.

    `?show=` properties, mailbox, photo; `?select=` properties; `?life=` live, deleted, all.
    """
    directory, query = ask.directory, ask.query
    show = tuple(query.get("show", "properties,mailbox,photo").split(","))
    select = tuple(name for name in query.get("select", "").split(",") if name)
    wanted = query.get("life", "live")
    slots = directory.people.live_slots() if wanted == "live" else range(len(directory.people))
    return {
        "users": [
            _written_user(directory, slot, show, select)
            for slot in slots
            if wanted != "deleted" or directory.people.life(slot) is Life.DELETED
        ]
    }


def show_user(ask: Ask) -> object:
    """Show one user."""
    slot = any_user(ask.directory, unquote(ask.arguments[1]))
    return _written_user(ask.directory, slot, EVERYTHING, ())


def list_contacts(ask: Ask) -> object:
    """List the folders of a mailbox and all its contacts."""
    slot = any_user(ask.directory, unquote(ask.arguments[1]))
    contents = ask.directory.contents(slot)
    sign = mailbox_sign(contents.owner)
    return {
        "folders": [
            {
                "number": folder.number,
                "id": folder_id(sign, folder.number),
                "path": contents.path_of(folder.number),
            }
            for folder in contents.folders.values()
        ],
        "contacts": [
            contact_result(contents, contact)
            | {
                "folder": contents.path_of(contact.folder),
                "created_at": contact.created_at,
                "modified_at": contact.modified_at,
                "properties": contact.properties,
            }
            for contact in contents.contacts.values()
        ],
    }


def list_groups(ask: Ask) -> object:
    """List groups and who is in them."""
    return {
        "groups": [
            {"id": group.object_id, "name": group.name, "members": list(group.members)}
            for group in ask.directory.groups
        ]
    }


def _written_user(
    directory: Directory, slot: int, show: tuple[str, ...], select: tuple[str, ...]
) -> dict[str, object]:
    people = directory.people
    written: dict[str, object] = {
        "id": people.object_id(slot),
        "life": people.life(slot).name.lower(),
    }
    if "properties" in show:
        properties = people.properties(slot)
        written["properties"] = (
            {name: properties[name] for name in select if name in properties}
            if select
            else properties
        )
    if "mailbox" in show:
        mailbox = directory.mailbox(slot)
        written["mailbox"] = mailbox.kind
        written["denied"] = mailbox.denied
    if "photo" in show:
        photo = directory.photo(slot)
        written["photo"] = photo.etag if photo else None
    return written
