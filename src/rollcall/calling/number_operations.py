"""Add numbers that the carrier gave, say whom they ring, and remove them."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _

from rollcall.audit.operations import note
from rollcall.calling.models import TrunkNumber
from rollcall.calling.number_lines import NumberLine, parse_lines
from rollcall.calling.phones import get_extension
from rollcall.calling.trunk_numbers import TrunkNumberView, propose_numbers, to_views
from rollcall.calling.trunk_rules import check_phone_number
from rollcall.core.errors import SetupError
from rollcall.telephony.queries import keys_by_number
from rollcall.tenants.queries import get_tenant_by_id

MOST_NUMBERS: Final = 100_000


class AddedNumbers(msgspec.Struct, frozen=True):
    """How many numbers came, and how many were there already."""

    added: int
    known: int


@transaction.atomic
def add_numbers(tenant_id: int, lines: Iterable[str], *, actor: str) -> AddedNumbers:
    """Add numbers, as people paste them (`number_lines`): all, or none if a line is no good.

    A line with an extension says whom its number rings, even if the number is there already.
    """
    parsed = parse_lines(lines, country=get_tenant_by_id(tenant_id).country)
    if not parsed:
        raise SetupError(_("There is no number to add."), code="no-numbers")
    rows = TrunkNumber.objects.of(tenant_id)
    if rows.count() + len(parsed) > MOST_NUMBERS:
        sentence = _("A trunk has at most %(most)s numbers.")
        raise SetupError(sentence % {"most": MOST_NUMBERS}, code="too-many-numbers")
    known = set(
        rows.filter(number__in=[line.number for line in parsed]).values_list("number", flat=True)
    )
    extensions = _extensions_of(tenant_id, parsed)
    TrunkNumber.objects.of(tenant_id).bulk_create(
        [
            TrunkNumber(
                tenant_id=tenant_id,
                number=line.number,
                extension_id=extensions.get(line.extension or 0),
            )
            for line in parsed
            if line.number not in known
        ],
        batch_size=1000,
        ignore_conflicts=True,
    )
    again = {line.number: line.extension for line in parsed if line.number in known}
    for extension, numbers in _by_extension(again).items():
        rows.filter(number__in=numbers).update(extension_id=extensions[extension])
    made = AddedNumbers(added=len(parsed) - len(known), known=len(known))
    note(
        actor=actor,
        action="trunk_numbers.added",
        tenant_id=tenant_id,
        detail={"numbers": made.added, "first": f"+{parsed[0].number}"},
    )
    return made


@transaction.atomic
def assign_number(
    tenant_id: int,
    number: str,
    *,
    extension_id: int | None,
    shown: bool = True,
    actor: str,
) -> TrunkNumberView:
    """Let a number ring an extension, or nobody; `shown`: as its caller id. Raises SetupError."""
    row = _find_row(tenant_id, number)
    extension = None if extension_id is None else get_extension(tenant_id, extension_id)
    row.extension_id = extension.id if extension else None
    row.shown = shown
    row.save(update_fields=["extension_id", "shown"])
    detail = {"extension": str(extension.number) if extension else None, "shown": shown}
    note(
        actor=actor,
        action="trunk_number.assigned",
        subject=f"+{row.number}",
        tenant_id=tenant_id,
        detail=detail,
    )
    return to_views(tenant_id, [row])[0]


@transaction.atomic
def assign_proposed(tenant_id: int, *, actor: str) -> int:
    """Let each number that rings nobody ring whoever has it as business phone; return how many."""
    proposals = propose_numbers(tenant_id)
    rows = TrunkNumber.objects.of(tenant_id).filter(extension_id__isnull=True)
    for proposal in proposals:
        rows.filter(number=int(proposal.number[1:])).update(extension_id=proposal.extension_id)
    if proposals:
        detail = {"numbers": len(proposals)}
        note(actor=actor, action="trunk_numbers.proposed", tenant_id=tenant_id, detail=detail)
    return len(proposals)


@transaction.atomic
def remove_numbers(tenant_id: int, numbers: Collection[str], *, actor: str) -> int:
    """Remove numbers of the trunk; return how many there were. Raises SetupError for none."""
    country = get_tenant_by_id(tenant_id).country
    wanted = [check_phone_number(each, country) for each in numbers]
    count, _counts = TrunkNumber.objects.of(tenant_id).filter(number__in=wanted).delete()
    if not count:
        raise _unknown(numbers)
    detail = {"numbers": count, "first": f"+{wanted[0]}"}
    note(actor=actor, action="trunk_numbers.removed", tenant_id=tenant_id, detail=detail)
    return int(count)


def _extensions_of(tenant_id: int, lines: Iterable[NumberLine]) -> dict[int, int]:
    """Return the ids of the extensions that lines name, by number."""
    named = {line.extension for line in lines if line.extension is not None}
    return {number: key.id for number, key in keys_by_number(tenant_id, named).items()}


def _by_extension(lines: Mapping[int, int | None]) -> dict[int, list[int]]:
    """Return the numbers that each extension gets, by its own number."""
    found: dict[int, list[int]] = {}
    for number, extension in lines.items():
        if extension is not None:
            found.setdefault(extension, []).append(number)
    return found


def _find_row(tenant_id: int, number: str) -> TrunkNumber:
    e164 = check_phone_number(number, get_tenant_by_id(tenant_id).country)
    row = TrunkNumber.objects.of(tenant_id).filter(number=e164).first()
    if row is None:
        raise _unknown([number])
    return row


def _unknown(numbers: Collection[str]) -> SetupError:
    sentence = _("%(numbers)s is not among the trunk's numbers.")
    shown = ", ".join(list(numbers)[:3])
    return SetupError(sentence % {"numbers": shown}, code="unknown-trunk-number")
