"""What is taken and what is free in a range, the numbers that an import keeps among them."""

from rollcall.integrations.models import NumberAssignment
from rollcall.telephony.ranges import RangeSummary, range_summary


def summarise_range(tenant_id: int, first: int, last: int) -> RangeSummary:
    """Sum up a range in a constant number of queries, however large it is."""
    kept = NumberAssignment.objects.of(tenant_id).filter(number__gte=first, number__lte=last)
    return range_summary(tenant_id, first, last, kept=kept.values_list("number", flat=True))
