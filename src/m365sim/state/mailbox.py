"""Whether a directory object has a mailbox, and of what kind. Contract d.6, d.7, m.12."""

from enum import StrEnum

from msgspec import Struct


class MailboxKind(StrEnum):
    """What stands behind a user object in Exchange."""

    USER = "user"
    LINKED = "linked"
    SHARED = "shared"
    ROOM = "room"
    EQUIPMENT = "equipment"
    NONE = "none"
    ON_PREMISES = "on-premises"
    INACTIVE = "inactive"

    @property
    def usable(self) -> bool:
        """Whether Exchange Online serves it."""
        return self not in (MailboxKind.NONE, MailboxKind.ON_PREMISES, MailboxKind.INACTIVE)


class Mailbox(Struct, frozen=True):
    """The state of one mailbox, contents apart."""

    kind: MailboxKind = MailboxKind.USER
    denied: bool = False
    """A policy hides it from applications."""
    not_ready_reads: int = 0
    """Reads that still get 404 because Exchange is setting it up."""
