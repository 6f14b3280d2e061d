"""The picture of a range of numbers: what is used, kept, reserved and free, and what comes next."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from django.http import HttpResponse, QueryDict
from django.shortcuts import render

from rollcall.core.errors import SetupError
from rollcall.core.numbering import NumberRange
from rollcall.integrations.number_ranges import summarise_range
from rollcall.integrations.queries import find_or_draft
from rollcall.integrations.rules import range_values
from rollcall.portal.forms.integration import SENTENCES
from rollcall.telephony.ranges import RangeBlock, RangeSummary
from rollcall.tenants.queries import TenantView
from rollcall.web.audience import for_administrator
from rollcall.web.identity import PageRequest
from rollcall.wiring.settings import chosen_range, extension_range

WIDTH: Final = 1000
HEIGHT: Final = 40
LEAST: Final = 3
"""So high a part is at least, that is not empty."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle of the picture."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class RangePicture:
    """A range, and what is drawn of it. `next_x` is where the next free number lies."""

    summary: RangeSummary
    bars: list[Bar]
    next_x: float | None
    width: int = WIDTH
    height: int = HEIGHT


def draw_range(tenant_id: int, scope: NumberRange) -> RangePicture:
    """Return the picture of a range."""
    summary = summarise_range(tenant_id, scope.first, scope.last)
    step = WIDTH / len(summary.blocks)
    bars = []
    next_x = None
    for position, block in enumerate(summary.blocks):
        bars += _stack(block, position * step, step)
        if summary.next_free is not None and block.first <= summary.next_free <= block.last:
            next_x = (position + 0.5) * step
    return RangePicture(summary, bars, next_x)


def _stack(block: RangeBlock, x: float, step: float) -> list[Bar]:
    gap = min(2.0, step / 5)
    x, width = round(x + gap / 2, 2), round(step - gap, 2)
    bars = [Bar("free", x, 0, width, HEIGHT)]
    top = float(HEIGHT)
    for kind, count in (("used", block.used), ("kept", block.kept), ("reserved", block.reserved)):
        if count:
            height = min(max(LEAST, HEIGHT * count / block.size), top)
            top = round(top - height, 2)
            bars.append(Bar(kind, x, top, width, round(height, 2)))
    return bars


def typed_range(tenant: TenantView, sent: QueryDict) -> NumberRange | None:
    """Return the range that stands in a form; None if it is none."""
    with suppress(SetupError):
        return _read_range(tenant, sent)
    return None


def _read_range(tenant: TenantView, sent: QueryDict) -> NumberRange:
    first, last = (sent.get(name, "").strip() for name in ("first_extension", "last_extension"))
    return chosen_range(tenant, **range_values(first, last))


@for_administrator("GET")
def show(request: PageRequest) -> HttpResponse:
    """Show the picture of a range that is being typed, or what is wrong with it."""
    tenant = request.tenant
    try:
        scope = _read_range(tenant, request.GET)
    except SetupError as error:
        sentence = SENTENCES.get(error.code) or str(error)
        scope = extension_range(tenant, find_or_draft(tenant.id))
        values = {"picture": draw_range(tenant.id, scope), "wrong": sentence}
    else:
        values = {"picture": draw_range(tenant.id, scope)}
    return render(request, "portal/integration/parts/range.html", values)
