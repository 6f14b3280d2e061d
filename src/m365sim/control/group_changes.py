"""Changes of groups and of who is in them."""

from m365sim.control.asking import ControlError
from m365sim.control.people_changes import Operation, Result, any_user
from m365sim.state.directory import Directory
from m365sim.state.groups import Group


class AddGroup(Operation, frozen=True, tag="add_group"):
    """A group; members are users or, by name or id, other groups."""

    name: str
    members: tuple[str, ...] = ()


class DeleteGroup(Operation, frozen=True, tag="delete_group"):
    """A group is gone; groups are named by name or id."""

    group: str


class AddMember(Operation, frozen=True, tag="add_member"):
    """One more in a group."""

    group: str
    member: str


class RemoveMember(Operation, frozen=True, tag="remove_member"):
    """One less in a group."""

    group: str
    member: str


GroupOperation = AddGroup | DeleteGroup | AddMember | RemoveMember


def change_group(directory: Directory, operation: GroupOperation, now: str) -> Result:
    """Make one change and return the id of the group."""
    if isinstance(operation, AddGroup):
        nickname = "".join(sign for sign in operation.name.lower() if sign.isalnum()) or "group"
        group = directory.groups.add(operation.name, nickname, now)
        for member in operation.members:
            directory.groups.add_member(group, _member_id(directory, member))
        return {"id": group.object_id}
    group = _required_group(directory, operation.group)
    match operation:
        case DeleteGroup():
            directory.groups.remove(group.object_id)
        case AddMember(member=member):
            directory.groups.add_member(group, _member_id(directory, member))
        case RemoveMember(member=member):
            directory.groups.remove_member(group, _member_id(directory, member))
    return {"id": group.object_id}


def _required_group(directory: Directory, name: str) -> Group:
    found = directory.groups.get(name) or directory.groups.by_name(name)
    if found is None:
        raise ControlError(f"There is no group '{name}'.", status=404)
    return found


def _member_id(directory: Directory, name: str) -> str:
    group = directory.groups.get(name) or directory.groups.by_name(name)
    return group.object_id if group else directory.people.object_id(any_user(directory, name))
