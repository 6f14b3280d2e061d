"""Decide about people beforehand: link, separate, keep numbers; and delete their extensions.

Links and separations take effect with the next run, which is the one writer of what is
synchronised; a preview shows them first.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import msgspec
from django.db import transaction

from rollcall.audit.operations import note
from rollcall.core.errors import SetupError
from rollcall.core.numbering import parse_number
from rollcall.core.records import SourceId
from rollcall.integrations.models import LinkDecision, NumberAssignment
from rollcall.integrations.people import DirectoryPerson, find_person, match_record
from rollcall.phonebook.operations import forget_owner
from rollcall.telephony import operations as telephony
from rollcall.telephony.queries import find_by_person, find_holder, get_key

COLUMNS = 2
SHOWN = 10


@transaction.atomic
def link_person(
    tenant_id: int, integration_id: int, *, number: int, person: str, actor: str
) -> DirectoryPerson:
    """Let the next run link the hand-made extension `number` to `person`."""
    extension = get_key(tenant_id, number)
    if extension.source != "local":
        raise SetupError(
            f"Extension {number} is linked to {extension.display_name} already.", code="linked"
        )
    found = find_person(tenant_id, person)
    current = find_by_person(tenant_id, found.object_id)
    if current is not None:
        raise SetupError(
            f"{found.display_name} has {current.number} already"
            f"{' (released)' if current.state == 'released' else ''}. A person has one extension.",
            code="has-extension",
        )
    _decide(tenant_id, integration_id, found, extension.id, actor)
    note(
        actor=actor,
        action="person.linked",
        subject=found.object_id,
        tenant_id=tenant_id,
        detail={"extension": number},
    )
    return found


@transaction.atomic
def separate_person(
    tenant_id: int, integration_id: int, *, person: str, actor: str
) -> tuple[DirectoryPerson, int | None]:
    """Let `person` have an extension of their own.

    Somebody who waits for a decision gets a new number with the next run. Somebody who is linked
    is unlinked: that extension stays as a hand-made one; its number is returned.
    """
    found = find_person(tenant_id, person)
    current = find_by_person(tenant_id, found.object_id)
    if current is not None and current.state == "released":
        raise SetupError(
            f"{found.display_name} has no number at present: there is nothing to separate.",
            code="released",
        )
    if current is not None:
        forget_owner(tenant_id, current.id)
        telephony.unlink_person(tenant_id, current.id)
    _decide(tenant_id, integration_id, found, None, actor)
    note(actor=actor, action="person.separated", subject=found.object_id, tenant_id=tenant_id)
    stays = current is not None and not current.deleted
    return found, current.number if current is not None and stays else None


def _decide(
    tenant_id: int,
    integration_id: int,
    person: DirectoryPerson,
    extension_id: int | None,
    actor: str,
) -> None:
    decisions = LinkDecision.objects.of(tenant_id)
    if extension_id is not None:
        decisions.filter(extension_id=extension_id).delete()
    decisions.update_or_create(
        integration_id=integration_id,
        object_id=person.object_id,
        defaults={
            "tenant_id": tenant_id,
            "extension_id": extension_id,
            "decided_by": actor,
        },
    )


@transaction.atomic
def delete_extension(tenant_id: int, number: int, *, actor: str, now: datetime) -> str:
    """Delete an extension; return what becomes of its number: freed, kept or released."""
    extension = get_key(tenant_id, number)
    outcome = telephony.delete_extension(tenant_id, number, now=now)
    if outcome == "released":
        forget_owner(tenant_id, extension.id)
    note(
        actor=actor,
        action="extension.deleted",
        subject=str(number),
        tenant_id=tenant_id,
        detail={"number": outcome},
    )
    return outcome


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
            problems.append(f"line {position}: {error}")
    problems += _repeated(wanted)
    if problems:
        more = f" … and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
        raise SetupError(
            "Nothing was imported. " + " ".join(problems[:SHOWN]) + more, code="bad-import"
        )
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


def _rows(lines: Iterable[str]) -> Iterator[tuple[int, Sequence[str]]]:
    text = [line.replace(";", ",") for line in lines]
    for position, row in enumerate(csv.reader(text), start=1):
        cells = [cell.strip() for cell in row]
        header = position == 1 and len(cells) == COLUMNS and not cells[1].isdigit()
        if any(cells) and not header:
            yield position, cells


def _read_line(tenant_id: int, position: int, row: Sequence[str]) -> ImportLine:
    if len(row) != COLUMNS:
        raise SetupError("there must be two columns, a person and a number.")
    person, number = row[0], parse_number(row[1])
    telephony.check_reserved(tenant_id, number)
    source_id, problem = match_record(tenant_id, person)
    if problem == "ambiguous":
        raise SetupError(f"“{person}” means more than one person: use the object id.")
    current = find_by_person(tenant_id, source_id) if source_id else None
    if current is not None and current.state != "released":
        if current.number == number:
            return ImportLine(position, person, number, source_id, settled=True)
        raise SetupError(f"{current.display_name} has {current.number} already.")
    holder = find_holder(tenant_id, number)
    if holder is not None:
        raise SetupError(f"{number} is taken by {holder.display_name}.")
    return ImportLine(position, person, number, source_id)


def _repeated(lines: Sequence[ImportLine]) -> Iterator[str]:
    seen: dict[str, int] = {}
    for line in lines:
        for key in (str(line.number), line.source_id or line.person.casefold()):
            first = seen.setdefault(key, line.position)
            if first != line.position:
                yield f"line {line.position}: {key} stands in line {first} already."


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
