"""The faults that are switched on, which requests they strike, and how often they did."""

import re
from urllib.parse import unquote

from msgspec import Struct

from m365sim.faults.kinds import AnyFault, Batch424, Close, Delay, Match, Truncate

WHOLE_ANSWER = (Close, Truncate, Batch424)
"""What cannot happen to one item of a batch."""


class Subject(Struct, frozen=True):
    """A request, as far as faults look at it."""

    host: str
    method: str
    path: str
    directory: str
    in_batch: bool = False
    origin: str = ""
    """`https://host:port` as the client called it."""


class Rule(Struct):
    """A fault that is switched on."""

    id: int
    fault: AnyFault
    matched: int = 0
    hits: int = 0
    kept: list[object] = []
    """What the fault remembers from one request to the next."""

    def strikes(self, subject: Subject) -> bool:
        """Say whether the fault strikes this request, and count it."""
        fault = self.fault
        if not _matches(fault.match, subject) or not _possible(fault, subject):
            return False
        self.matched += 1
        if fault.match.nth is not None:
            struck = self.matched == fault.match.nth
        else:
            past = self.matched - fault.after
            struck = past > 0 and (fault.times is None or past <= fault.times)
        self.hits += struck
        return struck


class Faults:
    """All rules, in the order they were switched on."""

    def __init__(self) -> None:
        self.rules: dict[int, Rule] = {}
        self._last = 0

    def add(self, fault: AnyFault) -> Rule:
        """Switch a fault on."""
        self._last += 1
        self.rules[self._last] = Rule(self._last, fault)
        return self.rules[self._last]

    def striking(self, subject: Subject) -> list[Rule]:
        """Return the rules that strike a request."""
        return [rule for rule in self.rules.values() if rule.strikes(subject)]


def _possible(fault: AnyFault, subject: Subject) -> bool:
    if not subject.in_batch:
        return True
    return not (
        isinstance(fault, WHOLE_ANSWER) or (isinstance(fault, Delay) and fault.where == "middle")
    )


def _matches(match: Match, subject: Subject) -> bool:
    return (
        match.host == subject.host
        and match.method in (None, subject.method)
        and match.directory in (None, subject.directory)
        and match.in_batch in (None, subject.in_batch)
        and (match.path is None or re.search(match.path, unquote(subject.path)) is not None)
    )
