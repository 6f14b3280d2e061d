"""A rotation beside a run, killed in the middle, and as an administrator types it."""

import json
from pathlib import Path
from typing import Any

import psycopg

from tests.integration.commands.office import Office
from tests.integration.commands.program import await_end
from tests.integration.host.machine import wait_until
from tests.integration.kill.trap import Trap, await_catch
from tests.sites import Site

SPEC = "people:60:1,guests=0,disabled=0,photos=1"
SMALL = "people:3,guests=0,disabled=0"


def test_a_run_beside_a_rotation_loses_neither_token_nor_key(office: Office) -> None:
    site = office.new_site(SPEC, personal_contacts=True)
    office.simulator.set(directory_latency_ms=100, outlook_latency_ms=100)
    run = office.program.start("sync", "run", site.slug, "--json")
    _await_token(office, site)

    rotation = office.program.asked("encryption", "rotate")
    ended = await_end(run)
    again = office.asked("sync", "run", site.slug)

    assert ended.code == 0, ended
    assert (ended.json()["state"], again["state"]) == ("applied", "applied")
    assert rotation["sealed"] >= 2
    assert _token_requests(office) == 1


def test_a_rotation_killed_in_the_middle_leaves_everything_open_and_is_finished_by_the_next(
    office: Office,
) -> None:
    sites = [office.new_site(f"{SMALL},name={each}", photos=False) for each in ("a", "b", "c")]
    for site in sites:
        office.done("sync", "run", site.slug)
    with (
        Trap("integrations_keypair", 2).set(office.conninfo) as connection,
        office.program.start("encryption", "rotate") as process,
    ):
        await_catch(connection)
        process.kill()
        process.communicate()

    killed = office.asked("encryption", "status")
    for site in sites:
        assert office.asked("sync", "run", site.slug)["state"] == "applied"
    finished = office.program.asked("encryption", "rotate")

    assert killed["lost"] == []
    assert [use["state"] for use in killed["keys"]] == ["older", "current"]
    assert [use["private_keys"] > 0 for use in killed["keys"]] == [True, True]
    assert finished["key"] == killed["keys"][1]["name"]
    assert finished["dropped"] == [killed["keys"][0]["name"]]
    assert [use["name"] for use in office.asked("encryption", "status")["keys"]] == [
        finished["key"]
    ]


def test_the_commands_say_what_they_did_and_what_to_do_next(office: Office) -> None:
    site = office.new_site(SMALL, photos=False)
    office.done("sync", "run", site.slug)

    (before,) = office.asked("encryption", "status")["keys"]
    added = office.asked("encryption", "add")["added"]
    shown = office.done("encryption", "status").out
    rotated = office.done("encryption", "rotate").out
    refused = office.refused("encryption", "drop", added)

    assert "waiting" in shown
    assert f"{added} is the key now" in rotated
    assert f"Dropped from the file: {before['name']}" in rotated
    assert "Backups made until now need the older keys" in rotated
    assert "rotate first" in refused
    file = office.asked("encryption", "status")["file"]
    keys: dict[str, Any] = json.loads(Path(file).read_text(encoding="utf-8"))
    assert list(keys["keys"]) == [added]
    assert keys["keys"][added] not in shown + rotated + refused


def _await_token(office: Office, site: Site) -> None:
    """Wait until the run of a site has its token, so that it is in the middle."""

    def has_token() -> bool:
        with psycopg.connect(office.conninfo) as connection:
            row = connection.execute(
                "SELECT token_sealed IS NOT NULL FROM integrations_integration i "
                "JOIN tenants_tenant t ON t.id = i.tenant_id WHERE t.slug = %s",
                [site.slug],
            ).fetchone()
        return bool(row and row[0])

    wait_until(has_token)


def _token_requests(office: Office) -> int:
    seen = office.simulator.requests(host="login")
    return sum(each.path.endswith("/oauth2/v2.0/token") for each in seen)
