"""Answers kept for as long as nothing changed that they show."""

from collections import OrderedDict
from collections.abc import Hashable

from m365sim.answers import Answer

KEPT_BYTES = 512 * 1024 * 1024


class KeptAnswers:
    """The latest answers, up to a number of bytes."""

    def __init__(self, limit: int = KEPT_BYTES) -> None:
        self._limit = limit
        self._size = 0
        self._answers: OrderedDict[Hashable, Answer] = OrderedDict()

    def get(self, key: Hashable) -> Answer | None:
        """Return what was answered to the same question."""
        found = self._answers.get(key)
        if found is not None:
            self._answers.move_to_end(key)
        return found

    def keep(self, key: Hashable, answer: Answer) -> None:
        """Keep an answer, and let the oldest go when there are too many."""
        self._answers[key] = answer
        self._size += len(answer.body)
        while self._size > self._limit:
            _, oldest = self._answers.popitem(last=False)
            self._size -= len(oldest.body)
