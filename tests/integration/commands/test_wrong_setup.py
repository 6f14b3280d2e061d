"""A set-up that Microsoft refuses: `rollcall sync run`, as it really is, and `m365 check`.

Each case ends with exit code 1 and one sentence that says what is wrong and what to do, and it
leaves what was read before as it is; mended, the next run ends well.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from rollcall.integrations.operations import new_key_pair
from tests.integration.commands.office import Office
from tests.integration.commands.program import CLOUD, cloud_settings
from tests.simulator.control import Simulator
from tests.sites import Site, Tables, read_tables

SPEC = "people:4,guests=0,disabled=0"
TEN_MINUTES = 600


@dataclass(frozen=True)
class Trouble:
    """How the set-up goes wrong, what the program says then, and how it is mended."""

    begin: Callable[[Office, Site], None]
    code: str
    says: tuple[str, ...]
    end: Callable[[Office, Site], None]


def _be_early(office: Office, _site: Site) -> None:
    office.simulator.set_clock(TEN_MINUTES)


def _be_late(office: Office, _site: Site) -> None:
    office.simulator.set_clock(-TEN_MINUTES)


def _be_right(office: Office, _site: Site) -> None:
    office.simulator.set_clock(0)


def _expire(office: Office, site: Site) -> None:
    """Have one key pair only, whose certificate ended a month ago."""
    for key in office.asked("m365", "key", "list", site.slug):
        office.done("m365", "key", "retire", site.slug, key["id"])
    long_ago = datetime.now(UTC) - timedelta(days=395)
    new_key_pair(
        site.tenant.id,
        actor="test",
        name="test",
        days=365,
        ring=site.machine.key_ring(),
        now=long_ago,
    )


def _renew(_office: Office, site: Site) -> None:
    site.clock.moment = datetime.now(UTC)
    site.application.upload(site.renew_key())


def _go_elsewhere(office: Office, site: Site) -> None:
    """Take the ids of a directory that another national cloud has."""
    other = office.simulator.add_directory("people:3,name=elsewhere,cloud=china")
    office.done("m365", "set", site.slug, "--directory-id", other.directory_id)


def _go_nowhere(office: Office, site: Site) -> None:
    office.done("m365", "set", site.slug, "--directory-id", uuid4())


def _come_back(office: Office, site: Site) -> None:
    office.done("m365", "set", site.slug, "--directory-id", site.directory.directory_id)


def _take_other_application(office: Office, site: Site) -> None:
    office.done("m365", "set", site.slug, "--application-id", uuid4())


def _take_own_application(office: Office, site: Site) -> None:
    office.done("m365", "set", site.slug, "--application-id", site.application.application_id)


TROUBLES = {
    "our clock is ten minutes behind": Trouble(
        _be_early, "clock-wrong", ("clock", "10 minutes behind", "NTP"), _be_right
    ),
    "our clock is ten minutes ahead": Trouble(
        _be_late, "clock-wrong", ("clock", "10 minutes ahead", "NTP"), _be_right
    ),
    "the certificate has expired": Trouble(
        _expire, "certificate-expired", ("expired on", "Generate a new key pair"), _renew
    ),
    "the directory is in another cloud": Trouble(
        _go_elsewhere, "wrong-cloud", ("cloud", "AADSTS900382"), _come_back
    ),
    "there is no such directory": Trouble(
        _go_nowhere, "wrong-directory", ("Directory (tenant) ID", "AADSTS90002"), _come_back
    ),
    "there is no such application": Trouble(
        _take_other_application,
        "wrong-application",
        ("Application (client) ID", "AADSTS700016"),
        _take_own_application,
    ),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_a_sync_says_what_is_wrong_and_changes_nothing(office: Office, name: str) -> None:
    trouble = TROUBLES[name]
    site = office.new_site(SPEC, photos=False)
    office.done("sync", "run", site.slug)
    before = _kept(office)
    trouble.begin(office, site)
    office.simulator.revoke_tokens()

    ended = office.program.run("sync", "run", site.slug)

    (error,) = [line for line in ended.err.splitlines() if line.startswith("Error: ")]
    assert ended.code == 1
    assert [words for words in trouble.says if words not in error] == [], error
    assert "More: docs/howto/errors/" in ended.err
    assert _kept(office) == before
    (failed, _) = office.asked("sync", "runs", site.slug)
    assert (failed["state"], failed["error"]["code"]) == ("failed", trouble.code)
    trouble.end(office, site)
    assert office.asked("sync", "run", site.slug)["counts"]["users"]["unchanged"] == 4


@pytest.mark.parametrize("name", TROUBLES)
def test_a_check_finds_what_is_wrong(office: Office, name: str) -> None:
    trouble = TROUBLES[name]
    site = office.new_site(SPEC, photos=False)
    trouble.begin(office, site)

    ended = office.run("m365", "check", site.slug, "--json")

    red = [each for each in ended.json()["steps"] if each["light"] == "red"]
    assert ended.code == 1
    assert not ended.json()["ok"]
    assert red
    assert any(trouble.says[0] in each["message"] for each in red), red
    trouble.end(office, site)
    assert office.asked("m365", "check", site.slug)["ok"]


def test_a_cloud_that_is_gone_from_the_settings_is_named(
    office: Office, simulator: Simulator
) -> None:
    site = office.new_site(SPEC, photos=False)
    settings = office.program.home / "rollcall.toml"
    before = settings.read_text()
    settings.write_text(cloud_settings(simulator, "OTHER"))

    refusal = office.refused("sync", "run", site.slug)
    settings.write_text(before)

    assert CLOUD in refusal
    assert "OTHER" in refusal


def _kept(office: Office) -> Tables:
    """Return all that was read before; that a reading was begun is no news of anybody."""
    tables = read_tables(office.conninfo)
    del tables["integrations_reading"]
    return tables
