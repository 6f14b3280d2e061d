"""Histories written by dice, lived through, and shortened when they go wrong."""

from collections.abc import Callable, Sequence
from random import Random

import msgspec

from tests.property.events import EVENTS
from tests.property.history import History
from tests.property.invariants import BrokenInvariantsError

RUNS = 7
OFTEN = {
    "somebody joins": 5,
    "many join": 2,
    "somebody is disabled": 2,
    "somebody leaves": 2,
    "leavers are released": 2,
    "links are made": 2,
    "two joiners share a hand made extension": 2,
    "days pass": 3,
    "garbled records are mended": 3,
    "somebody garbled is removed": 3,
    "somebody who was removed comes back garbled": 2,
    "a released number is taken by hand": 4,
    "a number that somebody waits for is reserved": 3,
    "somebody who was released comes back": 8,
    "a number comes free while somebody waits": 4,
    "a number is imported for a released person": 3,
    "somebody is deleted by hand": 2,
    "somebody deleted by hand is unlinked": 8,
    "a guest becomes a member": 2,
}
RUN_KINDS = {
    "a run": 10,
    "a full run": 3,
    "a preview and the run": 5,
    "a reading breaks off": 2,
    "a reading that broke off loses its place": 1,
    "a run is killed while it reads": 2,
    "a run is killed before it applies": 2,
    "the directory answers nobody": 1,
    "the list means nobody": 1,
}
WORDS = ("a held plan is approved", "a held plan is approved", "a held plan is discarded")


class Step(msgspec.Struct, frozen=True):
    """An event and its dice."""

    kind: str
    salt: int


def write_history(seed: int) -> tuple[Step, ...]:
    """Return a history of RUNS runs or more."""
    dice = Random(seed)
    others = [kind for kind in EVENTS if kind not in RUN_KINDS and kind not in WORDS]
    weights = [OFTEN.get(kind, 1) for kind in others]
    kinds = ["many join"]
    for _ in range(RUNS + dice.randrange(3)):
        kinds += dice.choices(others, weights, k=dice.randint(0, 5))
        kinds += dice.choices(list(RUN_KINDS), list(RUN_KINDS.values()))
        if dice.random() < 0.4:
            kinds += dice.choices(others, weights)
        kinds.append(dice.choice(WORDS))
    kinds.append("a run")
    return tuple(Step(kind, dice.getrandbits(32)) for kind in kinds)


def live_through(history: History, steps: Sequence[Step]) -> None:
    """Let everything happen; raise BrokenInvariantsError when an invariant does not hold."""
    for step in steps:
        if EVENTS[step.kind](history, Random(step.salt)):
            history.events[step.kind] += 1


def shorten(
    steps: tuple[Step, ...], live: Callable[[Sequence[Step]], object]
) -> tuple[tuple[Step, ...], str]:
    """Return as few of `steps` as still go wrong in the same way, and what goes wrong then."""
    names, story = _outcome(steps, live)
    size = len(steps)
    while size:
        start = 0
        while start < len(steps):
            fewer = steps[:start] + steps[start + size :]
            found, told = _outcome(fewer, live)
            if found and found & names:
                steps, names, story = fewer, found, told
            else:
                start += size
        size //= 2
    return steps, story


def _outcome(
    steps: Sequence[Step], live: Callable[[Sequence[Step]], object]
) -> tuple[frozenset[str], str]:
    try:
        live(steps)
    except BrokenInvariantsError as broken:
        return broken.names, str(broken)
    return frozenset(), ""
