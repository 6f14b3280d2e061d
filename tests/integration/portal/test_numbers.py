"""What is taken and what is free in a range, and the page that shows it."""

from datetime import UTC, datetime

from rollcall.integrations.models import NumberAssignment
from rollcall.integrations.number_ranges import summarise_range
from rollcall.telephony.models import Extension
from rollcall.telephony.operations import add_extension
from tests.integration.conftest import MakeSite


def test_a_range_is_summed_up_by_what_its_numbers_are(new_site: MakeSite) -> None:
    site = new_site("people:1")
    tenant_id = site.tenant.id
    for number in (100, 101, 102, 104, 199, 200):
        add_extension(tenant_id, number=number, fields={"display_name": f"No {number}"})
    Extension.objects.of(tenant_id).filter(number=104).update(deleted_at=datetime.now(UTC))
    NumberAssignment(
        tenant_id=tenant_id, integration_id=site.integration.id, line="ann@x.example", number=103
    ).save()

    found = summarise_range(tenant_id, 100, 199)

    assert (found.used, found.kept, found.size) == (4, 2, 100)
    assert found.reserved == 9  # 110, 112, 113, 115–119, 144
    assert found.free == 100 - 4 - 2 - 9
    assert found.next_free == 105
    assert len(found.blocks) == 100
    assert sum(block.free for block in found.blocks) == found.free


def test_a_range_of_a_billion_is_not_counted_one_by_one(new_site: MakeSite) -> None:
    tenant_id = new_site("people:1").tenant.id
    add_extension(tenant_id, number=1_000_000_000, fields={"display_name": "First"})
    add_extension(tenant_id, number=1_500_000_000, fields={"display_name": "Middle"})

    found = summarise_range(tenant_id, 1_000_000_000, 1_999_999_999)

    assert (found.used, found.next_free) == (2, 1_000_000_001)
    assert [block.used for block in found.blocks if block.used] == [1, 1]


def test_a_full_range_has_no_next_number(new_site: MakeSite) -> None:
    tenant_id = new_site("people:1").tenant.id
    for number in (100, 101):
        add_extension(tenant_id, number=number, fields={"display_name": "Somebody"})

    found = summarise_range(tenant_id, 100, 101)

    assert (found.free, found.next_free) == (0, None)
