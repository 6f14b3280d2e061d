"""Numbers that several tenants have: the provider is told whose they are."""

from rollcall.calling.claims import DoubleClaim, claimed_twice
from rollcall.calling.models import TrunkNumber
from rollcall.host.switch_findings import claim_findings
from tests.integration.calling.conftest import MakeTenant

LIMIT = 1000


def test_the_provider_is_told_who_claims_numbers_of_another_tenant(new_tenant: MakeTenant) -> None:
    first, later, third = new_tenant(), new_tenant(), new_tenant()
    for tenant, numbers in ((first, (1, 2)), (later, (1, 2)), (third, (2, 3))):
        for number in numbers:
            TrunkNumber(tenant_id=tenant.id, number=4989777000 + number).save()

    ours = {first.slug, later.slug, third.slug}
    told = {each for each in claimed_twice(limit=LIMIT) if each.first in ours}

    assert told == {
        DoubleClaim(first.slug, later.slug, 2),
        DoubleClaim(first.slug, third.slug, 1),
    }
    sentences = [finding.message for finding in claim_findings()]
    (about,) = [each for each in sentences if later.slug in each]
    assert first.slug in about
    assert "4989777" not in "".join(sentences)
