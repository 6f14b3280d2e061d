"""One directory (an Entra tenant) with its mailboxes, photos, groups and app registrations."""

from collections import Counter, OrderedDict
from itertools import count
from typing import Literal

from msgspec import Struct

from m365sim.clouds import Cloud
from m365sim.seeds import guid
from m365sim.state.applications import Application
from m365sim.state.contents import Contents
from m365sim.state.groups import Groups
from m365sim.state.keyring import KeyRing
from m365sim.state.mailbox import Mailbox
from m365sim.state.origin import Origin
from m365sim.state.people import People
from m365sim.state.photo import Photo

FOUNDED_AT = "2019-03-04T08:30:00Z"
KEPT_MAILBOXES = 64
"""Unchanged mailboxes that stay in memory after they were read."""


SERIALS = count(1)
UserConsent = Literal["silent", "asked", "disabled"]
"""Whether people consent by themselves: without a page, on a page, or not at all."""


class Expiry(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is said about a delta token that is too old."""

    status: int = 410
    code: str = "SyncStateNotFound"
    with_location: bool = False


class TokenAges(Struct):
    """How often the tokens of a feed were declared expired; a token carries the count it saw."""

    delta: int = 0
    next: int = 0


class Directory:
    """Everything under one directory id."""

    def __init__(self, name: str, *, cloud: Cloud, origin: Origin, country: str = "US") -> None:
        self.serial = next(SERIALS)
        """Tells apart two directories that had the same id, one after the other."""
        self.name = name
        self.cloud = cloud
        self.country = country
        self.seed = origin.seed
        self.directory_id = guid(origin.seed, "directory")
        self.domains = (f"{name.lower()}.onmicrosoft.com", f"{name.lower()}.example")
        self.max_certificate_days: int | None = None
        self.user_consent: UserConsent = "silent"
        self.keyring: KeyRing | None = None
        """Keys of its own, where it has any."""
        self.people = People(origin)
        self.groups = Groups(origin.seed)
        self.groups.furnish(origin.groups(), self.people.object_id, FOUNDED_AT)
        self.applications: dict[str, Application] = {}
        self.users_expiry = Expiry(code="resyncRequired", with_location=True)
        self.contacts_expiry = Expiry()
        self.users_tokens = TokenAges()
        self.contacts_tokens = TokenAges()
        self._version = 0
        self._mailbox_versions: Counter[int] = Counter()
        self._mailbox_changes = 0
        self._origin = origin
        self._mailboxes: dict[int, Mailbox] = {}
        self._edited: dict[int, Contents] = {}
        self._read: OrderedDict[int, Contents] = OrderedDict()
        self._photos: dict[int, Photo | None] = {}

    @property
    def default_domain(self) -> str:
        """The domain that new principal names and addresses get."""
        return self.domains[1]

    @property
    def revision(self) -> tuple[int, ...]:
        """A value that changes with all that the directory shows; kept answers go by it."""
        feed = self.people.feed
        return self._version, self._mailbox_changes, self.groups.version, feed.position

    def mailbox_revision(self, slot: int) -> tuple[int, ...]:
        """Return a value that changes with all that one mailbox shows."""
        return self._version, self._mailbox_versions[slot], self.people.version(slot)

    def forget_answers(self) -> None:
        """Let answers that were kept count no longer."""
        self._version += 1

    def mailbox(self, slot: int) -> Mailbox:
        """Return the state of a user's mailbox."""
        known = self._mailboxes.get(slot)
        if known is None:
            known = self._origin.mailbox(slot) if slot < self._origin.count else Mailbox()
        return known

    def set_mailbox(self, slot: int, mailbox: Mailbox) -> None:
        """Put a mailbox into another state."""
        self._mailboxes[slot] = mailbox
        self._touch(slot)

    def contents(self, slot: int) -> Contents:
        """Return what is in a mailbox, to be read only."""
        known = self._edited.get(slot) or self._read.get(slot)
        if known is None:
            known = self._read[slot] = self._beginning(slot)
            if len(self._read) > KEPT_MAILBOXES:
                self._read.popitem(last=False)
        return known

    def edit(self, slot: int) -> Contents:
        """Return what is in a mailbox, to be changed; from now on it stays in memory."""
        if slot not in self._edited:
            read = slot in self._read
            self._edited[slot] = self._read.pop(slot) if read else self._beginning(slot)
        self._touch(slot)
        return self._edited[slot]

    def photo(self, slot: int) -> Photo | None:
        """Return a user's photo."""
        if slot in self._photos:
            return self._photos[slot]
        return self._origin.photo(slot) if slot < self._origin.count else None

    def set_photo(self, slot: int, photo: Photo | None) -> None:
        """Give a user another photo, or none."""
        self._photos[slot] = photo
        self._touch(slot)

    def _touch(self, slot: int) -> None:
        self._mailbox_versions[slot] += 1
        self._mailbox_changes += 1

    def _beginning(self, slot: int) -> Contents:
        if slot < self._origin.count:
            return self._origin.contents(slot)
        return Contents(self.people.object_id(slot))
