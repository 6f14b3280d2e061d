"""From a line of a list (object id, principal name, mail address) to the object it means.

An exact id comes first, then a principal name, then a mail address, then an alias. A line that
means two objects at its best level is ambiguous and means nobody.
"""

from collections.abc import Iterable, Mapping

import msgspec

from rollcall.core.records import SourceId, UserRecord

NOT_FOUND = "not-found"
AMBIGUOUS = "ambiguous"


class Match(msgspec.Struct, frozen=True):
    """The object that a line means, or why it means none."""

    line: str
    source_id: SourceId | None
    problem: str = ""

    @property
    def sentence(self) -> str:
        """What is wrong with the line; empty if nothing is."""
        match self.problem:
            case "":
                return ""
            case "ambiguous":
                return (
                    f"“{self.line}” means more than one person of the directory: use the object id."
                )
            case _:
                return f"“{self.line}” is not in the directory: check the spelling."


def chosen_lines(lines: Iterable[str]) -> tuple[str, ...]:
    """Return the lines of a list file that say something, each once, in their order."""
    return tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))


def line_key(line: str) -> str:
    """Return what two spellings of the same address have in common."""
    return line.strip().casefold()


def match_lines(lines: Iterable[str], records: Iterable[UserRecord]) -> list[Match]:
    """Return what each of `lines` means among `records`."""
    wanted = {line: line_key(line) for line in lines}
    keys = frozenset(wanted.values())
    levels: tuple[dict[str, set[SourceId]], ...] = ({}, {}, {}, {})
    for record in records:
        for level, spellings in zip(levels, _spellings(record), strict=True):
            for spelling in spellings:
                if (key := spelling.casefold()) in keys:
                    level.setdefault(key, set()).add(record.source_id)
    return [_match(line, key, levels) for line, key in wanted.items()]


def _spellings(record: UserRecord) -> tuple[tuple[str, ...], ...]:
    return ((record.source_id,), (record.principal_name,), (record.email,), record.aliases)


def _match(line: str, key: str, levels: Iterable[Mapping[str, set[SourceId]]]) -> Match:
    for level in levels:
        found = level.get(key, ())
        if len(found) > 1:
            return Match(line=line, source_id=None, problem=AMBIGUOUS)
        for source_id in found:
            return Match(line=line, source_id=source_id)
    return Match(line=line, source_id=None, problem=NOT_FOUND)
