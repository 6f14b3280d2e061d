"""Numbers that an import keeps for people who come in later.

A line is bound to a person by the run that first knows somebody by it; the number is given when
the person comes in.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _

from rollcall.audit.operations import note
from rollcall.core.errors import SetupError
from rollcall.core.matching import line_key
from rollcall.core.numbering import parse_number
from rollcall.core.records import SourceId
from rollcall.integrations.models import NumberAssignment
from rollcall.integrations.people import match_record
from rollcall.telephony import operations as telephony
from rollcall.telephony.queries import find_by_person, find_holder

COLUMNS = 2
SHOWN = 10


class ImportRefusedError(SetupError):
    """Some lines are wrong; `problems` says it of each."""

    def __init__(self, problems: Sequence[str]) -> None:
        more = len(problems) - SHOWN
        lines = [*problems[:SHOWN], *([_("… and %(n)s more") % {"n": more}] if more > 0 else [])]
        super().__init__(" ".join([_("Nothing was imported."), *lines]), code="bad-import")
        self.problems = tuple(problems)


class ImportLine(msgspec.Struct, frozen=True):
    """One line of an import: who, which number, and the object if it is known yet."""

    position: int
    person: str
    number: int
    source_id: SourceId | None = None
    settled: bool = False


@transaction.atomic
def import_numbers(
    tenant_id: int, integration_id: int, *, lines: Iterable[str], actor: str
) -> list[ImportLine]:
    """Keep numbers for people who come in later: CSV of object id or mail address, number.

    All lines or none: raises SetupError that names every line that is wrong.
    """
    problems: list[str] = []
    wanted: list[ImportLine] = []
    for position, row in _rows(lines):
        try:
            wanted.append(_read_line(tenant_id, position, row))
        except SetupError as error:
            problems.append(_in_line(position, str(error)))
    problems += _repeated(wanted)
    if problems:
        raise ImportRefusedError(problems)
    for line in wanted:
        if not line.settled:
            _keep(tenant_id, integration_id, line)
    note(
        actor=actor,
        action="numbers.imported",
        tenant_id=tenant_id,
        detail={"lines": len(wanted)},
    )
    return wanted


def list_kept(tenant_id: int) -> list[ImportLine]:
    """Return the numbers that are kept for people who have not come in."""
    rows = NumberAssignment.objects.of(tenant_id).order_by("number")
    return [
        ImportLine(
            position, row.line, row.number, SourceId(row.object_id) if row.object_id else None
        )
        for position, row in enumerate(rows, start=1)
    ]


@transaction.atomic
def forget_number(tenant_id: int, person: str, *, actor: str) -> ImportLine:
    """Keep no number for `person` any more, named as in the import or by object id."""
    key = line_key(person)
    for line in list_kept(tenant_id):
        if key in {line_key(line.person), line.source_id}:
            NumberAssignment.objects.of(tenant_id).filter(number=line.number).delete()
            note(
                actor=actor,
                action="number.given-up",
                subject=str(line.number),
                tenant_id=tenant_id,
            )
            return line
    raise SetupError(
        f"No number is kept for “{person}”. “rollcall extensions import” without a file lists "
        "what is kept.",
        code="not-kept",
    )


def _in_line(position: int, sentence: str) -> str:
    return _("line %(line)s: %(what)s") % {"line": position, "what": sentence}


def _rows(lines: Iterable[str]) -> Iterator[tuple[int, Sequence[str]]]:
    text = [line.replace(";", ",") for line in lines]
    for position, row in enumerate(csv.reader(text), start=1):
        cells = [cell.strip() for cell in row]
        header = position == 1 and len(cells) == COLUMNS and not cells[1].isdigit()
        if any(cells) and not header:
            yield position, cells


def _read_line(tenant_id: int, position: int, row: Sequence[str]) -> ImportLine:
    if len(row) != COLUMNS:
        raise SetupError(_("there must be two columns, a person and a number."))
    person, number = row[0], parse_number(row[1])
    telephony.check_reserved(tenant_id, number)
    source_id, problem = match_record(tenant_id, person)
    if problem == "ambiguous":
        sentence = _("“%(who)s” means more than one person: use the object id.")
        raise SetupError(sentence % {"who": person})
    current = find_by_person(tenant_id, source_id) if source_id else None
    if current is not None and current.state != "released":
        if current.number == number:
            return ImportLine(position, person, number, source_id, settled=True)
        words = {"who": current.display_name, "number": current.number}
        raise SetupError(_("%(who)s has %(number)s already.") % words)
    holder = find_holder(tenant_id, number)
    if holder is not None:
        words = {"number": number, "who": holder.display_name}
        raise SetupError(_("%(number)s is taken by %(who)s.") % words)
    return ImportLine(position, person, number, source_id)


def _repeated(lines: Sequence[ImportLine]) -> Iterator[str]:
    seen: dict[str, int] = {}
    for line in lines:
        for key in (str(line.number), line.source_id or line.person.casefold()):
            first = seen.setdefault(key, line.position)
            if first != line.position:
                words = {"key": key, "line": first}
                sentence = _("%(key)s stands in line %(line)s already.") % words
                yield _in_line(line.position, sentence)


def _keep(tenant_id: int, integration_id: int, line: ImportLine) -> None:
    rows = NumberAssignment.objects.of(tenant_id)
    rows.filter(number=line.number).delete()
    rows.filter(line=line.person).delete()
    if line.source_id is not None:
        rows.filter(object_id=line.source_id).delete()
    NumberAssignment(
        tenant_id=tenant_id,
        integration_id=integration_id,
        line=line.person,
        object_id=line.source_id,
        number=line.number,
    ).save()
