"""One exchange with the faults that strike it: which answer, and how it goes over the wire."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from m365sim.answers import Answer, Marks
from m365sim.faults.answering import answer_instead
from m365sim.faults.bending import bend
from m365sim.faults.kinds import (
    Aadsts,
    BentIdToken,
    Close,
    Delay,
    EmptyList,
    EmptyPage,
    NoRoles,
    PhotoPlaceholder,
    ShufflePages,
    Status,
)
from m365sim.faults.rules import Rule, Subject


@dataclass(frozen=True, slots=True)
class Quirks:
    """What the service itself has to do differently."""

    empty_page: bool = False
    empty_list: bool = False
    shuffle: int | None = None
    no_roles: bool = False
    photo_placeholder: bool = False
    refusal: Aadsts | None = None
    id_token: BentIdToken | None = None


NO_QUIRKS = Quirks()


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer and how it goes over the wire."""

    answer: Answer
    wait: float = 0.0
    """Seconds before the answer."""
    stall: float = 0.0
    """Seconds in the middle of the body."""
    cut: str = ""
    """`before` or `middle`: where the connection is dropped."""
    close: bool = False
    """The connection ends with this answer."""


def play(
    rules: list[Rule],
    *,
    subject: Subject,
    marks: Marks,
    now: float,
    serve: Callable[[Quirks], Answer],
) -> Outcome:
    """Serve a request as the rules that strike it will have it."""
    if not rules:
        return Outcome(serve(NO_QUIRKS))
    answer = replacement(rules, subject=subject, marks=marks, now=now)
    if answer is None:
        answer = serve(_quirks(rules))
        for rule in rules:
            answer = bend(rule, answer)
    delays = [rule.fault for rule in rules if isinstance(rule.fault, Delay)]
    cuts = [rule.fault.where for rule in rules if isinstance(rule.fault, Close)]
    return Outcome(
        answer,
        wait=sum(delay.seconds for delay in delays if delay.where == "before"),
        stall=sum(delay.seconds for delay in delays if delay.where == "middle"),
        cut=cuts[0] if cuts else "",
        close=any(isinstance(rule.fault, Status) and rule.fault.close for rule in rules),
    )


def replacement(
    rules: Iterable[Rule], *, subject: Subject, marks: Marks, now: float
) -> Answer | None:
    """Return the answer that stands in the place of the real one, if any rule has it."""
    for rule in rules:
        answer = answer_instead(rule.fault, subject, marks, now)
        if answer is not None:
            return answer
    return None


def _quirks(rules: Iterable[Rule]) -> Quirks:
    faults = [rule.fault for rule in rules]
    return Quirks(
        empty_page=any(isinstance(fault, EmptyPage) for fault in faults),
        empty_list=any(isinstance(fault, EmptyList) for fault in faults),
        shuffle=next((fault.seed for fault in faults if isinstance(fault, ShufflePages)), None),
        no_roles=any(isinstance(fault, NoRoles) for fault in faults),
        photo_placeholder=any(isinstance(fault, PhotoPlaceholder) for fault in faults),
        refusal=next((fault for fault in faults if isinstance(fault, Aadsts)), None),
        id_token=next((fault for fault in faults if isinstance(fault, BentIdToken)), None),
    )
