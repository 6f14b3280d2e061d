"""The user objects of one directory.

A user has a slot, a number that never changes and is never given again. People of the beginning
are computed from the origin whenever they are asked for; only those who changed are kept.
"""

from bisect import bisect_left
from collections import Counter
from enum import IntEnum

from m365sim.seeds import guid
from m365sim.state.feed import UserFeed
from m365sim.state.origin import Origin, Properties
from m365sim.state.texts import TextColumn, searchable

SEARCHED = ("displayName", "givenName", "surname", "userPrincipalName", "mail")
"""Properties that somebody is looked for by."""


class Life(IntEnum):
    """Whether a user is there."""

    LIVE = 0
    DELETED = 1
    """In the recycle bin, can be restored."""
    PURGED = 2


class People:
    """All user objects, with the feed of their changes."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._ids = [origin.object_id(slot) for slot in range(origin.count)]
        self._slots = {object_id: slot for slot, object_id in enumerate(self._ids)}
        self._life = bytearray(origin.count)
        self._changed: dict[int, Properties] = {}
        self._deleted_at: dict[int, str] = {}
        self._versions: Counter[int] = Counter()
        self._live = list(range(origin.count))
        self._names: dict[str, int] | None = None
        self._addresses: dict[str, int] | None = None
        self.feed = UserFeed()
        self._columns: dict[str, TextColumn] = {}
        self.encoded: dict[object, list[bytes | None]] = {}
        """Users as JSON, by whoever encodes them; emptied for a user who changes."""

    def __len__(self) -> int:
        return len(self._ids)

    def object_id(self, slot: int) -> str:
        """Return a user's directory object id."""
        return self._ids[slot]

    def life(self, slot: int) -> Life:
        """Return whether a user is there."""
        return Life(self._life[slot])

    def live_slots(self) -> list[int]:
        """Return the slots of those who are there, ascending; not to be changed by the caller."""
        return self._live

    def deleted_slots(self) -> list[int]:
        """Return the slots of those in the recycle bin."""
        return [slot for slot, life in enumerate(self._life) if life == Life.DELETED]

    def deleted_at(self, slot: int) -> str | None:
        """Return when somebody was put into the recycle bin."""
        return self._deleted_at.get(slot)

    def version(self, slot: int) -> int:
        """Return how often a user changed, came or went."""
        return self._versions[slot]

    def properties(self, slot: int) -> Properties:
        """Return a user's properties; not to be changed by the caller."""
        return self._changed.get(slot) or self._origin.properties(slot)

    def column(self, name: str) -> TextColumn:
        """Return a property of all users, to be looked through; those of names come together."""
        if name not in self._columns:
            names = SEARCHED if name in SEARCHED else (name,)
            everybody = [self.properties(slot) for slot in range(len(self._ids))]
            for each in names:
                texts = [searchable(one.get(each)) for one in everybody]
                self._columns[each] = TextColumn(texts)
        return self._columns[name]

    def by_id(self, object_id: str) -> int | None:
        """Return the slot of an object id, whether the user is there or not."""
        return self._slots.get(object_id.lower())

    def by_name(self, name: str) -> int | None:
        """Return the slot of somebody who is there, by object id or principal name."""
        slot = self.by_id(name)
        if slot is None:
            slot = self._principal_names().get(name.lower())
            if slot is not None and name.lower() != principal_name_of(self.properties(slot)):
                slot = None
        return slot if slot is not None and self.life(slot) is Life.LIVE else None

    def by_address(self, name: str) -> int | None:
        """Return the slot of somebody who is there, also by any of their mail addresses."""
        slot = self.by_name(name)
        if slot is None:
            slot = self._mail_addresses().get(name.lower())
            if slot is not None and name.lower() not in addresses_of(self.properties(slot)):
                slot = None
        return slot if slot is not None and self.life(slot) is Life.LIVE else None

    def add(self, properties: Properties) -> int:
        """Add a user and return the slot."""
        slot = len(self._ids)
        object_id = guid(self._origin.seed, "user", slot)
        self._ids.append(object_id)
        self._slots[object_id] = slot
        self._life.append(Life.LIVE)
        self._live.append(slot)
        self._changed[slot] = properties
        for column in self.encoded.values():
            column.append(None)
        self._touch(slot)
        self.feed.record(slot)
        return slot

    def update(self, slot: int, values: Properties) -> bool:
        """Set properties; None clears one. Return whether anything changed."""
        before = self.properties(slot)
        changed = {name: value for name, value in values.items() if before.get(name) != value}
        if not changed:
            return False
        self._changed[slot] = {**before, **changed}
        self._touch(slot)
        self.feed.record(slot, changed)
        return True

    def set_life(self, slot: int, life: Life, now: str) -> None:
        """Delete, restore or purge somebody."""
        self._keep_live(slot, life)
        self._life[slot] = life
        if life is Life.LIVE:
            self._deleted_at.pop(slot, None)
        else:
            self._deleted_at.setdefault(slot, now)
        self._touch(slot)
        self.feed.record(slot)

    def _keep_live(self, slot: int, life: Life) -> None:
        place = bisect_left(self._live, slot)
        listed = place < len(self._live) and self._live[place] == slot
        if listed and life is not Life.LIVE:
            del self._live[place]
        elif not listed and life is Life.LIVE:
            self._live.insert(place, slot)

    def _touch(self, slot: int) -> None:
        self._versions[slot] += 1
        for column in self.encoded.values():
            column[slot] = None
        for name, texts in self._columns.items():
            texts.change(slot, searchable(self.properties(slot).get(name)))
        if self.life(slot) is not Life.LIVE:
            return
        # Names given up stay in the index; a look-up compares with the name of today.
        if self._names is not None:
            self._names[principal_name_of(self.properties(slot))] = slot
        if self._addresses is not None:
            self._addresses |= dict.fromkeys(addresses_of(self.properties(slot)), slot)

    def _principal_names(self) -> dict[str, int]:
        if self._names is None:
            self._names = {
                principal_name_of(self.properties(slot)): slot for slot in self.live_slots()
            }
        return self._names

    def _mail_addresses(self) -> dict[str, int]:
        if self._addresses is None:
            self._addresses = {}
            for slot in self.live_slots():
                self._addresses |= dict.fromkeys(addresses_of(self.properties(slot)), slot)
        return self._addresses


def principal_name_of(properties: Properties) -> str:
    """Return the principal name in lower case."""
    return str(properties.get("userPrincipalName") or "").lower()


def addresses_of(properties: Properties) -> set[str]:
    """Return all mail addresses of a user, in lower case."""
    found: set[str] = set()
    mail = properties.get("mail")
    if isinstance(mail, str):
        found.add(mail.lower())
    proxies = properties.get("proxyAddresses")
    for proxy in proxies if isinstance(proxies, list) else ():
        kind, _, address = str(proxy).partition(":")
        if kind.lower() == "smtp":
            found.add(address.lower())
    return found
