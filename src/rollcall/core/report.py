"""What a run did, stage by stage, in numbers and sentences."""

import enum

import msgspec

from rollcall.core.guards import Hold
from rollcall.core.plan import Block, Change, Create, Link, Release, Return, UserPlan
from rollcall.core.policy import Stage


class RunState(enum.StrEnum):
    """How far a run has come."""

    QUEUED = "queued"
    RUNNING = "running"
    PLANNED = "planned"
    HELD = "held"
    APPLIED = "applied"
    FAILED = "failed"
    CANCELLED = "cancelled"
    DISCARDED = "discarded"
    SUPERSEDED = "superseded"


class Counts(msgspec.Struct, frozen=True):
    """What became of the records of one stage. For contacts and photos, `released` are removed."""

    created: int = 0
    linked: int = 0
    changed: int = 0
    blocked: int = 0
    released: int = 0
    returned: int = 0
    unchanged: int = 0
    refused: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            *(getattr(self, name) + getattr(other, name) for name in Counts.__struct_fields__)
        )

    @property
    def changes(self) -> int:
        """How many records were written."""
        return (
            self.created + self.linked + self.changed + self.blocked + self.released + self.returned
        )


class Problem(msgspec.Struct, frozen=True):
    """Something that went wrong and did not stop the run.

    `subject` is a directory object id, a line of a list, or empty.
    """

    stage: Stage
    subject: str
    code: str
    message: str


class Failure(msgspec.Struct, frozen=True):
    """What ended a run: a stable code, a sentence, a page of the documentation."""

    code: str
    message: str
    help: str = ""


class StageReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one stage did. A stage with a hold changed nothing of what was held."""

    stage: Stage
    counts: Counts = Counts()
    problems: tuple[Problem, ...] = ()
    hold: Hold | None = None


class Usage(msgspec.Struct, frozen=True):
    """What the run cost: requests made (a batch is one), items inside batches, seconds waited."""

    requests: int = 0
    items: int = 0
    throttled_seconds: float = 0.0


class RunReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a run did and how it ended. With `retry`, what failed passes by itself."""

    state: RunState
    stages: tuple[StageReport, ...] = ()
    failure: Failure | None = None
    retry: bool = False
    usage: Usage = Usage()


def count_changes(plan: UserPlan, *, linked_people: int, refused: int) -> Counts:
    """Count `plan`. `linked_people` have a number now; `refused` records stay out after it."""
    kinds = dict.fromkeys((Create, Link, Change, Block, Release, Return), 0)
    for change in plan.changes:
        kinds[type(change)] += 1
    touched = kinds[Change] + kinds[Block] + kinds[Release] + kinds[Return]
    return Counts(
        created=kinds[Create],
        linked=kinds[Link],
        changed=kinds[Change],
        blocked=kinds[Block],
        released=kinds[Release],
        returned=kinds[Return],
        unchanged=max(0, linked_people - touched),
        refused=refused,
    )
