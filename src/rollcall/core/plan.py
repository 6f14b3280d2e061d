"""What a run knows of the people, and what it decides to do: values only.

A plan is complete: it holds all that applying it needs, so that it can be stored, shown, approved
tomorrow, and compared with another one.
"""

import enum
from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b

import msgspec

from rollcall.core.records import Fingerprint, Removal, SourceId, Unreadable, UserRecord


class RefusalReason(enum.StrEnum):
    """Why a record may not come in."""

    GUEST = "guest"
    DISABLED = "disabled"
    NOT_SELECTED = "not-selected"
    NO_NAME = "no-name"
    RANGE_FULL = "range-full"
    LINK_PENDING = "link-pending"
    UNREADABLE = "unreadable"


WAITING = frozenset({RefusalReason.RANGE_FULL, RefusalReason.LINK_PENDING})
"""Reasons that the PBX alone can lift: these people are planned again in every run."""


class LeaveReason(enum.StrEnum):
    """Why somebody who has an extension is a leaver."""

    DELETED = "deleted"
    DISABLED = "disabled"
    NOT_SELECTED = "not-selected"
    GUEST = "guest"


class ExtensionState(enum.StrEnum):
    """Active; blocked (number kept); released (number given back)."""

    ACTIVE = "active"
    BLOCKED = "blocked"
    RELEASED = "released"


class Profile(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The fields of an extension that come from the directory."""

    principal_name: str = ""
    first_name: str = ""
    last_name: str = ""
    display_name: str = ""
    email: str = ""
    mobile_phone: str = ""
    business_phone: str = ""
    job_title: str = ""
    department: str = ""
    office: str = ""
    company: str = ""


PROFILE_FIELDS = Profile.__struct_fields__


def to_profile(record: UserRecord) -> Profile:
    """Return what the PBX shows of `record`; the display name is never empty."""
    return Profile(
        principal_name=record.principal_name,
        first_name=record.first_name,
        last_name=record.last_name,
        display_name=shown_name(record),
        email=record.email,
        mobile_phone=record.mobile_phone,
        business_phone=record.business_phone,
        job_title=record.job_title,
        department=record.department,
        office=record.office,
        company=record.company,
    )


def shown_name(record: UserRecord) -> str:
    """Return the best name there is."""
    return (
        record.display_name
        or f"{record.first_name} {record.last_name}".strip()
        or record.principal_name
        or record.email
        or record.source_id
    )


Fields = dict[str, tuple[str, str]]
"""Field name -> old and new value."""


def compare_profiles(old: Profile, new: Profile) -> Fields:
    """Return the fields in which two profiles differ."""
    return {
        name: (before, after)
        for name in PROFILE_FIELDS
        if (before := getattr(old, name)) != (after := getattr(new, name))
    }


class KnownExtension(msgspec.Struct, frozen=True, gc=False):
    """The PBX row linked to a directory object. A released one remembers its last number."""

    extension_id: int
    version: int
    number: int
    state: ExtensionState
    deleted: bool = False
    blocked_at: datetime | None = None

    @property
    def working(self) -> bool:
        """Whether calls reach it now."""
        return self.state is ExtensionState.ACTIVE and not self.deleted


class KnownUser(msgspec.Struct, frozen=True, gc=False):
    """What we remember of one directory object.

    The fingerprint is empty where no answer about it could be understood yet.
    """

    source_id: SourceId
    fingerprint: Fingerprint
    removed: bool = False
    unreadable: str = ""
    extension: KnownExtension | None = None
    refusal: RefusalReason | None = None
    detail: str = ""

    @property
    def gone(self) -> bool:
        """Whether nothing was said of the object since the directory removed it."""
        return self.removed and not self.unreadable


class LocalExtension(msgspec.Struct, frozen=True):
    """An extension made by hand that nobody is linked to."""

    extension_id: int
    version: int
    number: int
    profile: Profile


class LinkDecision(msgspec.Struct, frozen=True):
    """What an administrator said of a proposal; no extension means a number of their own."""

    extension_id: int | None


class World(msgspec.Struct, frozen=True):
    """The rest of the PBX as far as a plan depends on it.

    `taken` are the numbers of extensions; `kept` those that an import keeps for somebody, with
    `assigned` naming the somebodies who are known by now.
    """

    taken: frozenset[int] = frozenset()
    kept: frozenset[int] = frozenset()
    assigned: Mapping[SourceId, int] = {}
    locals: tuple[LocalExtension, ...] = ()
    decisions: Mapping[SourceId, LinkDecision] = {}


class PlannedChange(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What all changes say: who, the number after it, and why."""

    source_id: SourceId
    name: str
    number: int | None
    reason: str


class Create(PlannedChange, frozen=True, kw_only=True, gc=False, tag="created"):
    """A new person gets an extension."""

    profile: Profile


class ExtensionChange(PlannedChange, frozen=True, kw_only=True, gc=False):
    """A change of an extension that exists, in the version that the plan was made for.

    `working` is whether calls reach it before the change; `profile` is None where the directory
    has nothing to say any more.
    """

    extension_id: int
    version: int
    working: bool
    profile: Profile | None = None
    fields: Fields = {}


class Link(ExtensionChange, frozen=True, kw_only=True, gc=False, tag="linked"):
    """An extension made by hand becomes this person's; its number stays."""


class Change(ExtensionChange, frozen=True, kw_only=True, gc=False, tag="changed"):
    """Fields follow the directory."""


class Block(ExtensionChange, frozen=True, kw_only=True, gc=False, tag="blocked"):
    """A leaver: sign-in and phones are refused, the number is kept."""


class Release(ExtensionChange, frozen=True, kw_only=True, gc=False, tag="released"):
    """The number goes back to the range, the person's contacts and photo are deleted."""


class Return(ExtensionChange, frozen=True, kw_only=True, gc=False, tag="returned"):
    """Somebody is back and gets everything back."""


AnyChange = Create | Link | Change | Block | Release | Return


class Refused(msgspec.Struct, frozen=True, gc=False):
    """A record that may not come in, and why."""

    source_id: SourceId
    reason: RefusalReason
    detail: str


class UserPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that applying one reading of the people does.

    `refused` are refusals that begin or change, `cleared` people whose refusal ends. The rest
    brings the memory of the directory up to date: `added` are records of objects that were not
    known, `remember` new records of known ones.
    """

    changes: tuple[AnyChange, ...] = ()
    refused: tuple[Refused, ...] = ()
    cleared: tuple[SourceId, ...] = ()
    added: tuple[UserRecord, ...] = ()
    remember: tuple[UserRecord, ...] = ()
    removals: tuple[Removal, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether applying the plan would write nothing."""
        return not (
            self.changes
            or self.refused
            or self.cleared
            or self.added
            or self.remember
            or self.removals
            or self.unreadable
        )

    @property
    def takes_away(self) -> int:
        """How many people whose phones work now the plan blocks or releases."""
        return sum(
            isinstance(change, Block | Release) and change.working for change in self.changes
        )


_encoder = msgspec.msgpack.Encoder(order="deterministic")
_decoder = msgspec.msgpack.Decoder(UserPlan)


def encode_plan(plan: UserPlan) -> bytes:
    """Return `plan` as bytes that `decode_plan` understands."""
    return _encoder.encode(plan)


def decode_plan(encoded: bytes) -> UserPlan:
    """Return the plan that `encode_plan` encoded."""
    return _decoder.decode(encoded)


def plan_digest(plan: UserPlan) -> bytes:
    """Return 16 bytes that are equal for two plans that do the same to the same people."""
    essence = [
        (type(change).__name__, change.source_id, change.number, change.reason)
        for change in plan.changes
    ]
    return blake2b(_encoder.encode(essence), digest_size=16).digest()
