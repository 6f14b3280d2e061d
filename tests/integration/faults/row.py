"""What a row of the fault matrix is: what strikes, where, and what the run must come to."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.integration.faults.outcomes import Equal, Outcome
from tests.integration.faults.places import BOTH, Phase, Place

EQUAL = Equal()
FOREVER = None


@dataclass(frozen=True, kw_only=True)
class Strike:
    """A fault of the simulator at a place; times=None is for as long as the row goes on."""

    kind: str
    place: Place
    times: int | None = 1
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row. `subject` is who is meant by `{subject}` in paths, see `matrix.find_subject`."""

    name: str
    strikes: tuple[Strike, ...]
    outcome: Outcome = EQUAL
    phases: tuple[Phase, ...] = BOTH
    subject: str = ""
    full: bool = False
    """The run after the fault has to read everything: Microsoft does not repeat the truth."""
    marked: bool = False
    """What is of the subject stays different: the fault lasted longer than the subject did."""
    short: bool = True
    """Whether the row is in every run of the tests, not only in the long ones."""


def rows_at(
    name: str,
    kind: str,
    *places: Place,
    outcome: Outcome = EQUAL,
    times: int | None = 1,
    subject: str = "",
    phases: tuple[Phase, ...] | None = None,
    full: bool = False,
    marked: bool = False,
    short: bool = True,
    **options: object,
) -> list[Row]:
    """Return a row for each of `places`."""
    return [
        Row(
            name=f"{name} at {place.name}",
            strikes=(Strike(kind=kind, place=place, times=times, options=options),),
            outcome=outcome,
            phases=phases or place.phases,
            subject=subject,
            full=full,
            marked=marked,
            short=short,
        )
        for place in places
    ]


def part_of(place: Place, path: str, name: str = "") -> Place:
    """Return the part of a place that is about the row's subject."""
    return replace(place, path=path, after=0, name=name or f"{place.name} of one")
