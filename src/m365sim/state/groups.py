"""Groups and who is in them, directly and through other groups."""

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct, field

from m365sim.seeds import guid
from m365sim.state.origin import GroupSeed


class Group(Struct):
    """A group; members are object ids of users and of other groups, in the order they came."""

    object_id: str
    name: str
    mail_nickname: str
    created_at: str
    members: dict[str, None] = field(default_factory=dict)


class Groups:
    """The groups of one directory."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self.version = 0
        """Goes up with every change."""
        self._count = 0
        self._groups: dict[str, Group] = {}

    def __iter__(self) -> Iterator[Group]:
        return iter(list(self._groups.values()))

    def get(self, object_id: str) -> Group | None:
        """Return the group with an object id."""
        return self._groups.get(object_id.lower())

    def by_name(self, name: str) -> Group | None:
        """Return the first group of this name."""
        return next((group for group in self if group.name == name), None)

    def add(self, name: str, mail_nickname: str, now: str) -> Group:
        """Add an empty group."""
        self._count += 1
        group = Group(guid(self._seed, "group", self._count), name, mail_nickname, now)
        self._groups[group.object_id] = group
        self.version += 1
        return group

    def remove(self, object_id: str) -> None:
        """Delete a group; it also leaves the groups it was in."""
        del self._groups[object_id]
        for group in self:
            self.remove_member(group, object_id)
        self.version += 1

    def add_member(self, group: Group, object_id: str) -> None:
        """Put a user or a group into a group."""
        group.members[object_id] = None
        self.version += 1

    def remove_member(self, group: Group, object_id: str) -> None:
        """Take a user or a group out of a group, if it is in it."""
        group.members.pop(object_id, None)
        self.version += 1

    def transitive_members(self, group: Group) -> list[str]:
        """Return everybody in a group and in the groups within, each once."""
        found: dict[str, None] = {}
        waiting = [group]
        while waiting:
            for member in waiting.pop(0).members:
                inner = self.get(member)
                if inner is not None and member not in found and member != group.object_id:
                    waiting.append(inner)
                found.setdefault(member)
        return list(found)

    def containing(self, member: str) -> list[Group]:
        """Return the groups that hold an object, directly or not."""
        return [group for group in self if member in self.transitive_members(group)]

    def furnish(
        self, seeds: Sequence[GroupSeed], user_id: Callable[[int], str], created_at: str
    ) -> None:
        """Make the groups of the beginning; a group is named before those that hold it."""
        for seed in seeds:
            group = self.add(seed.name, seed.mail_nickname, created_at)
            for member in seed.members:
                inner = self.by_name(member) if isinstance(member, str) else None
                object_id = (
                    user_id(member) if isinstance(member, int) else inner and inner.object_id
                )
                if object_id:
                    self.add_member(group, object_id)
