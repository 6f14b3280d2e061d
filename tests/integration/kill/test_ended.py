"""Ending a run politely, several at once, and what a run that goes on does not ask again."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import Popen

import pytest

from tests.integration.commands.program import await_end
from tests.integration.faults.outcomes import assert_same
from tests.integration.host.machine import wait_until
from tests.integration.kill.company import PAGE, QUICK, SLUG, Company
from tests.integration.kill.conftest import Undisturbed
from tests.integration.kill.trap import Trap

HALFWAY = 12
"""Requests after which a first run is somewhere in its photos."""

SNAIL = 1500
"""Milliseconds that an answer takes while a test wants a run to go on; some answers are to come."""

FOLLOWS = "is going on already"


@contextmanager
def _under_way(company: Company) -> Iterator["Popen[str]"]:
    """Have a run that is half-way, and in no hurry to come to its end."""
    since = company.simulator.last_request()
    with company.program.start("sync", "run", SLUG, "--json") as process:
        wait_until(lambda: company.simulator.last_request() - since >= HALFWAY)
        company.simulator.set(outlook_latency_ms=SNAIL)
        yield process


@contextmanager
def _followed(company: Company) -> Iterator["tuple[Popen[str], Popen[str]]"]:
    """Have a run that is half-way, and another command that shows it."""
    with (
        _under_way(company) as process,
        company.program.start("sync", "run", SLUG, "--json") as follower,
    ):
        _await_words([follower], FOLLOWS, count=1)
        company.simulator.set(**QUICK)
        yield process, follower


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
    assert fresh.runs() == [("cancelled", "cancelled")]
    fresh.run_quickly()
    assert_same(fresh.tables(), undisturbed.tables)


def test_several_runs_at_the_same_moment_are_one_run(
    fresh: Company, undisturbed: Undisturbed
) -> None:
    fresh.simulator.set(directory_latency_ms=SNAIL)
    processes = [fresh.program.start("sync", "run", SLUG, "--json") for _ in range(4)]
    followers = _await_words(processes, FOLLOWS, count=3)
    fresh.simulator.set(**QUICK)
    ended = [await_end(each) for each in processes]

    assert len(followers) == 3
    assert [each.code for each in ended] == [0, 0, 0, 0], ended
    first, *others = [each.json() for each in ended]
    assert first["state"] == "applied"
    assert all(each == first for each in others)
    assert fresh.runs() == [("applied", "")]
    assert_same(fresh.tables(), undisturbed.tables)


def test_a_run_is_cancelled_from_another_process(fresh: Company, undisturbed: Undisturbed) -> None:
    with _under_way(fresh) as process:
        ((run,),) = fresh.rows("SELECT id FROM integrations_syncrun WHERE state = 'running'")
        asked = fresh.program.asked("sync", "cancel", str(run))
        ended = await_end(process)

    assert asked["id"] == run
    assert ended.code == 1
    assert ended.json()["state"] == "cancelled"
    assert ended.json()["error"]["code"] == "cancelled"
    fresh.run_quickly()
    assert_same(fresh.tables(), undisturbed.tables)


def test_a_run_whose_follower_is_killed_goes_on(fresh: Company, undisturbed: Undisturbed) -> None:
    with _followed(fresh) as (process, follower):
        follower.kill()
        follower.communicate()
        ended = await_end(process)

    assert ended.code == 0, ended
    assert_same(fresh.tables(), undisturbed.tables)


def test_a_follower_whose_run_is_killed_says_so(fresh: Company, undisturbed: Undisturbed) -> None:
    with _followed(fresh) as (process, follower):
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


def test_mailboxes_that_were_written_are_not_read_again(
    fresh: Company, undisturbed: Undisturbed
) -> None:
    _kill_at(fresh, Trap("phonebook_contact", 450))
    books = fresh.rows("SELECT mailbox, status FROM phonebook_addressbook")
    written = {mailbox for mailbox, status in books if status == "read"}
    assert written
    assert len(written) < len(books)
    since = fresh.simulator.last_request()

    fresh.run_quickly()

    requests = fresh.simulator.requests(since=since)
    urls = [item.url for each in requests for item in each.items if "/delta" in item.url]
    from_start = {url.split("/")[2] for url in urls if "$deltatoken" not in url}
    assert from_start == {mailbox for mailbox, _ in books} - written
    assert_same(fresh.tables(), undisturbed.tables)


def _kill_at(company: Company, trap: Trap) -> None:
    with company.caught(trap) as process:
        process.kill()
        process.communicate()


def _await_words(processes: list["Popen[str]"], words: str, *, count: int) -> list["Popen[str]"]:
    """Wait until so many processes have said something; return them."""
    said = dict.fromkeys(range(len(processes)), "")

    def speakers() -> list["Popen[str]"]:
        for place, process in enumerate(processes):
            said[place] += _read_errors(process)
        return [process for place, process in enumerate(processes) if words in said[place]]

    wait_until(lambda: len(speakers()) >= count, seconds=60)
    return speakers()


def _read_errors(process: "Popen[str]") -> str:
    """Return what is there of a process's stderr, without waiting."""
    assert process.stderr is not None
    os.set_blocking(process.stderr.fileno(), False)
    try:
        return os.read(process.stderr.fileno(), 65536).decode()
    except BlockingIOError:
        return ""
