"""The texts of a property of all users, looked through at once: what Graph's index does for names.

Contract c.2. A column is as long as the directory; one that was changed is joined anew when it is
looked through next.
"""

import re
from bisect import bisect_right
from itertools import accumulate

END = "\n"
_INSIDE = re.compile(r"\w")


class TextColumn:
    """A property of all users in lower case, by their slots."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts
        self._joined = ""
        self._starts: list[int] = []

    def change(self, slot: int, text: str) -> None:
        """Set the text of a slot; the next new one adds it."""
        if slot == len(self.texts):
            self.texts.append(text)
        else:
            self.texts[slot] = text
        self._joined = ""

    def beginning(self, words: str) -> set[int]:
        """Return the slots whose text, or a word of it, begins with each of `words`."""
        self._join()
        found: set[int] | None = None
        for word in words.lower().split():
            slots = self._with(word)
            found = slots if found is None else found & slots
        return set(range(len(self.texts))) if found is None else found

    def _with(self, word: str) -> set[int]:
        inside = not re.search(r"\W", word)  # a word with a mark in it only begins whole texts
        slots: set[int] = set()
        for match in re.finditer(re.escape(word), self._joined):
            before = self._joined[match.start() - 1]
            if before == END or (inside and not _INSIDE.match(before)):
                slots.add(bisect_right(self._starts, match.start()) - 1)
        return slots

    def _join(self) -> None:
        if not self._joined:
            self._joined = END + END.join(self.texts) + END
            self._starts = list(accumulate((len(text) + 1 for text in self.texts), initial=1))


def searchable(value: object) -> str:
    """Return a property's value as it is looked through."""
    return str(value or "").lower().replace(END, " ")
