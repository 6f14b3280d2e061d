"""rollcall m365 reset: asks, does, and says what it did."""

import io

import pytest

from tests.integration.commands.office import Office

SPEC = "people:4,guests=0,disabled=0"


def test_a_reset_is_asked_for_by_the_short_name(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = office.new_site(SPEC, photos=False)
    office.done("sync", "run", site.slug)

    monkeypatch.setattr("sys.stdin", io.StringIO("no\n"))

    told = office.refused("m365", "reset", site.slug, "--extensions", "keep")

    assert "4 extensions become hand-made ones" in told
    assert "Nothing was reset." in told
    assert office.asked("m365", "show", site.slug)["application_id"] is not None


def test_a_reset_with_block_keeps_the_numbers_for_the_return(office: Office) -> None:
    site = office.new_site(SPEC, photos=False)
    office.done("sync", "run", site.slug)

    done = office.asked("m365", "reset", site.slug, "--extensions", "block", "--yes")

    assert done["tenant"] == site.slug
    assert (done["extensions"], done["extensions_changed"]) == ("block", 4)
    extensions = office.asked("extensions", "list", site.slug)
    assert {each["state"] for each in extensions} == {"blocked"}
    assert office.asked("m365", "show", site.slug)["application_id"] is None


def test_a_reset_needs_the_choice(office: Office) -> None:
    site = office.new_site(SPEC, photos=False)

    told = office.run("m365", "reset", site.slug, "--yes")

    assert told.code == 2
    assert "--extensions" in told.err
