"""What an administrator wants: the settings of a run, as values the core can decide by."""

import enum
from collections.abc import Iterable
from hashlib import blake2b

import msgspec

from rollcall.core.numbering import NumberRange
from rollcall.core.records import SourceId


class Stage(enum.StrEnum):
    """The parts of a run, in their order."""

    USERS = "users"
    PHOTOS = "photos"
    PERSONAL_CONTACTS = "personal-contacts"
    COMPANY_CONTACTS = "company-contacts"


class Mode(enum.StrEnum):
    """All, only these, or all except these."""

    ALL = "all"
    ONLY = "only"
    EXCEPT = "except"


class Names(enum.StrEnum):
    """What becomes of people with neither first nor last name."""

    SKIP = "skip"
    DISPLAY_NAME = "display-name"


class LinkPolicy(enum.StrEnum):
    """What becomes of a hand-made extension with the mail address of a new person."""

    ASK = "ask"
    LINK = "link"
    NEVER = "never"


class Selection(msgspec.Struct, frozen=True):
    """Who is meant, bound to object ids."""

    mode: Mode = Mode.ALL
    ids: frozenset[SourceId] = frozenset()

    def includes(self, source_id: SourceId) -> bool:
        """Tell whether `source_id` is selected."""
        match self.mode:
            case Mode.ALL:
                return True
            case Mode.ONLY:
                return source_id in self.ids
            case Mode.EXCEPT:
                return source_id not in self.ids


class Leavers(msgspec.Struct, frozen=True):
    """Block (the default), keep working, or block and release the number after some days."""

    keep: bool = False
    release_days: int | None = None


class UserPolicy(msgspec.Struct, frozen=True):
    """Who comes in, with which number, and what becomes of those who leave."""

    scope: NumberRange
    reserved: frozenset[int] = frozenset()
    selection: Selection = Selection()
    guests: bool = False
    names: Names = Names.SKIP
    leavers: Leavers = Leavers()
    link: LinkPolicy = LinkPolicy.ASK


class ListLine(msgspec.Struct, frozen=True):
    """One line of a selection list: as given, and the object it was bound to."""

    line: str
    source_id: SourceId | None = None


class ListedSelection(msgspec.Struct, frozen=True):
    """A selection as an administrator gave it, some lines perhaps not bound yet."""

    mode: Mode = Mode.ALL
    lines: tuple[ListLine, ...] = ()

    @property
    def bound(self) -> frozenset[SourceId]:
        """The objects that the lines were bound to."""
        return frozenset(line.source_id for line in self.lines if line.source_id is not None)

    @property
    def unbound(self) -> tuple[str, ...]:
        """The lines that were not bound to an object yet."""
        return tuple(line.line for line in self.lines if line.source_id is None)

    def select(self, found: Iterable[SourceId] = ()) -> Selection:
        """Return the selection of the bound lines and of `found`."""
        return Selection(mode=self.mode, ids=self.bound.union(found))


_encoder = msgspec.msgpack.Encoder(order="sorted")


def policy_digest(policy: UserPolicy) -> bytes:
    """Return 16 bytes that change when any part of the policy does."""
    selection = policy.selection
    ids = [] if selection.mode is Mode.ALL else sorted(selection.ids)
    rest = msgspec.structs.replace(
        policy, selection=Selection(mode=selection.mode), reserved=frozenset()
    )
    encoded = _encoder.encode((rest, ids, sorted(policy.reserved)))
    return blake2b(encoded, digest_size=16).digest()
