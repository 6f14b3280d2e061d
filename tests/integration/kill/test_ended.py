"""Ending a run politely, two runs at once, and what a run that goes on does not ask again."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import Popen

import pytest

from tests.integration.commands.program import await_end
from tests.integration.faults.outcomes import assert_same
from tests.integration.host.machine import wait_until
from tests.integration.kill.company import PAGE, SLUG, Company
from tests.integration.kill.conftest import Undisturbed
from tests.integration.kill.trap import Trap, await_catch

HALFWAY = 12
"""Requests after which a first run is somewhere in its photos."""


@contextmanager
def _under_way(company: Company) -> Iterator["Popen[str]"]:
    """Have a run that is half-way."""
    since = company.simulator.last_request()
    with company.program.start("sync", "run", SLUG, "--json") as process:
        wait_until(lambda: company.simulator.last_request() - since >= HALFWAY)
        yield process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_told_to_end_is_cancelled_and_leaves_nothing_behind(
    fresh: Company, undisturbed: Undisturbed, number: signal.Signals
) -> None:
    with _under_way(fresh) as process:
        process.send_signal(number)
        ended = await_end(process)

    assert ended.code == 1
    assert ended.err.strip().splitlines()[-1].startswith("Cancelled.")
    assert "Traceback" not in ended.err
    assert fresh.server() is None, "the database was left running"
    assert _states(fresh) == ["cancelled"]
    fresh.run_quickly()
    assert_same(fresh.tables(), undisturbed.tables)


def test_several_runs_at_the_same_moment_are_one_run(
    fresh: Company, undisturbed: Undisturbed
) -> None:
    processes = [fresh.program.start("sync", "run", SLUG, "--json") for _ in range(4)]
    ended = [await_end(each) for each in processes]

    assert [each.code for each in ended] == [0, 0, 0, 0], ended
    first, *others = [each.json() for each in ended]
    assert first["state"] == "applied"
    assert all(each == first for each in others)
    assert sum("is going on already" in each.err for each in ended) == 3
    assert _states(fresh) == ["applied"]
    assert_same(fresh.tables(), undisturbed.tables)


def test_a_run_is_cancelled_from_elsewhere_within_seconds(
    fresh: Company, undisturbed: Undisturbed
) -> None:
    fresh.simulator.set(outlook_latency_ms=800)
    with _under_way(fresh) as process:
        (run,) = fresh.program.asked("sync", "runs", SLUG)
        assert run["state"] == "running"
        asked = fresh.program.asked("sync", "cancel", str(run["id"]))
        ended = await_end(process)

    assert asked["id"] == run["id"]
    assert ended.code == 1
    assert ended.json()["state"] == "cancelled"
    assert ended.json()["error"]["code"] == "cancelled"
    fresh.run_quickly()
    assert_same(fresh.tables(), undisturbed.tables)


def test_a_run_whose_follower_is_killed_goes_on(fresh: Company, undisturbed: Undisturbed) -> None:
    with _under_way(fresh) as process:
        with fresh.program.start("sync", "run", SLUG) as follower:
            wait_until(lambda: _said(follower, "is going on already"))
            follower.kill()
            follower.communicate()
        ended = await_end(process)

    assert ended.code == 0, ended
    assert_same(fresh.tables(), undisturbed.tables)


def test_a_follower_whose_run_is_killed_says_so(fresh: Company, undisturbed: Undisturbed) -> None:
    with _under_way(fresh) as process:
        with fresh.program.start("sync", "run", SLUG, "--json") as follower:
            wait_until(lambda: _said(follower, "is going on already"))
            process.kill()
            process.communicate()
            ended = await_end(follower)

    assert ended.code == 1
    assert ended.json()["error"]["code"] == "interrupted"
    fresh.run_quickly()
    assert_same(fresh.tables(), undisturbed.tables)


def test_pages_of_people_that_were_kept_are_not_read_again(
    fresh: Company, undisturbed: Undisturbed
) -> None:
    kept = 4
    _kill_at(fresh, Trap("integrations_stagedpage", kept + 1))
    since = fresh.simulator.last_request()

    fresh.run_quickly()

    pages = [
        each.path for each in fresh.simulator.requests(since=since) if "/users/delta" in each.path
    ]
    people = len(fresh.directory.users(show=""))
    assert len(pages) == -(-people // PAGE) - kept
    assert all("$skiptoken" in each for each in pages)
    assert_same(fresh.tables(), undisturbed.tables)


def test_people_and_photos_that_were_written_are_not_read_again(
    fresh: Company, undisturbed: Undisturbed
) -> None:
    _kill_at(fresh, Trap("phonebook_contact", 10))
    since = fresh.simulator.last_request()

    fresh.run_quickly()

    requests = fresh.simulator.requests(since=since)
    (people,) = [each.path for each in requests if "/users/delta" in each.path]
    assert "$deltatoken" in people
    assert not [item for each in requests for item in each.items if "$value" in item.url]
    assert_same(fresh.tables(), undisturbed.tables)


def _kill_at(company: Company, trap: Trap) -> None:
    with company.program.database() as conninfo, trap.set(conninfo) as connection:
        with company.program.start("sync", "run", SLUG) as process:
            await_catch(connection)
            process.kill()
            process.communicate()


def _said(process: "Popen[str]", words: str) -> bool:
    assert process.stderr is not None
    return words in process.stderr.readline()


def _states(company: Company) -> list[str]:
    return [run["state"] for run in company.program.asked("sync", "runs", SLUG)]
