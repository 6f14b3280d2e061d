"""The picture of the number ranges: what is used, kept, reserved and free."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from rollcall.integrations.number_ranges import summarise_range
from rollcall.integrations.queries import find_integration
from rollcall.telephony.ranges import RangeBlock, RangeSummary
from rollcall.web.audience import for_administrator
from rollcall.web.identity import PageRequest
from rollcall.wiring.settings import extension_range

LEVELS = 10


@for_administrator("GET")
def show(request: PageRequest) -> HttpResponse:
    """Show the tenant's range, and the one that people of the directory get numbers from."""
    tenant = request.tenant
    integration = find_integration(tenant.id)
    own = (tenant.first_extension, tenant.last_extension)
    chosen = own
    if integration is not None:
        scope = extension_range(tenant, integration)
        chosen = (scope.first, scope.last)
    ranges = [_picture(_("Numbers of the tenant"), summarise_range(tenant.id, *own))]
    if chosen != own:
        picture = _picture(
            _("Numbers for people of Microsoft 365"), summarise_range(tenant.id, *chosen)
        )
        ranges.append(picture)
    values = {"ranges": ranges, "reserved": tenant.reserved_numbers}
    return render(request, "portal/pbx/numbers.html", values)


def _picture(title: str, found: RangeSummary) -> dict[str, Any]:
    return {
        "title": title,
        "range": found,
        "percent": _percent(found.size - found.free, found.size),
        "blocks": [{"block": block, "level": _level(block)} for block in found.blocks],
        "block": found.blocks[0].size,
        "rows": [block for block in found.blocks if block.free < block.size],
    }


def _percent(part: int, whole: int) -> int:
    """Return a share in per cent: 0 and 100 mean nothing and all."""
    if part in {0, whole}:
        return 100 if part else 0
    return min(99, max(1, part * 100 // whole))


def _level(block: RangeBlock) -> int:
    """Return how full a block is, from 0 to LEVELS."""
    taken = block.size - block.free
    return -(-taken * LEVELS // block.size)
