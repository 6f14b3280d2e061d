"""A directory comes in, and a second run finds nothing to do."""

from tests.integration.conftest import MakeSite


def test_a_second_run_changes_nothing(new_site: MakeSite) -> None:
    site = new_site("people:40:5", personal_contacts=True, company_contacts=True)
    first = site.sync()
    before = site.tables()

    second = site.sync()

    assert first.counts["users"]["created"] > 20
    assert all(counts["created"] == counts["changed"] == 0 for counts in second.counts.values())
    assert site.tables() == before


def test_reading_everything_again_changes_nothing(new_site: MakeSite) -> None:
    site = new_site("people:40:5", personal_contacts=True, company_contacts=True)
    site.sync()
    before = site.tables()

    site.sync(full=True)

    assert site.tables() == before
