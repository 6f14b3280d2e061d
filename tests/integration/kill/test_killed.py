"""kill -9, of the program and of the database: one more run, and nobody sees that it happened."""

import os
import signal
import time

import pytest

from tests.integration.commands.program import Ended, await_end
from tests.integration.faults.outcomes import assert_same
from tests.integration.host.machine import wait_until
from tests.integration.kill.company import SLUG, Company
from tests.integration.kill.conftest import Undisturbed
from tests.integration.kill.trap import Trap, await_catch

PERSONAL, SHARED = "NEW.holder <> 0", "NEW.holder = 0"
OWN_BOOK, COMPANY_BOOK = "NEW.scope = 'personal'", "NEW.scope = 'company'"
TRAPS = {
    "users": (
        Trap("integrations_stagedpage", 3),
        Trap("telephony_extension", 20),
        Trap("integrations_directoryrecord", 50),
        Trap("integrations_runchange", 40),
        Trap("integrations_refusal", 2),
    ),
    "photos": (
        Trap("telephony_photo", 1),
        Trap("telephony_photo", 2),
        Trap("telephony_photo", 10),
        Trap("telephony_photo", 20),
        Trap("telephony_photo", 30),
    ),
    "personal contacts": (
        Trap("phonebook_addressbook", 30, OWN_BOOK),
        Trap("phonebook_contact", 1, PERSONAL),
        Trap("phonebook_contact", 300, PERSONAL),
        Trap("phonebook_contactnumber", 200, PERSONAL),
        Trap("phonebook_bookfolder", 60),
    ),
    "company contacts": (
        Trap("phonebook_addressbook", 2, COMPANY_BOOK),
        Trap("phonebook_contact", 2, SHARED),
        Trap("phonebook_contact", 16, SHARED),
        Trap("phonebook_contactnumber", 5, SHARED),
        Trap("phonebook_addressbook", 2, f"{COMPANY_BOOK} AND NEW.status = 'read'"),
    ),
}
"""Five rows of each stage at which the program is killed; the first of each in every test run."""

MOMENTS, SHORT_MOMENTS = 20, (2, 7, 11, 14, 17)
SERVER_MOMENTS, SHORT_SERVER_MOMENTS = 10, (1, 5, 8)


def _kills() -> list[object]:
    return [
        pytest.param(
            trap,
            id=f"{stage}, row {trap.row} of {trap.table} {trap.condition}",
            marks=() if place == 1 else pytest.mark.long,
        )
        for stage, traps in TRAPS.items()
        for place, trap in enumerate(traps)
    ]


def _moments(count: int, short: tuple[int, ...]) -> list[object]:
    return [
        pytest.param((number + 0.5) / count, marks=() if number in short else pytest.mark.long)
        for number in range(count)
    ]


@pytest.mark.parametrize("share", _moments(MOMENTS, SHORT_MOMENTS))
def test_a_program_killed_at_any_moment_of_a_run_leaves_nothing_half_done(
    fresh: Company, undisturbed: Undisturbed, share: float
) -> None:
    with fresh.program.start("sync", "run", SLUG) as process:
        time.sleep(share * undisturbed.seconds)
        process.kill()
        process.communicate()

    _check_next_run(fresh, undisturbed)


@pytest.mark.parametrize("trap", _kills())
def test_a_program_killed_inside_its_writes_leaves_nothing_half_done(
    fresh: Company, undisturbed: Undisturbed, trap: Trap
) -> None:
    with fresh.program.database() as conninfo, trap.set(conninfo) as connection:
        with fresh.program.start("sync", "run", SLUG) as process:
            await_catch(connection)
            process.kill()
            process.communicate()

    _check_next_run(fresh, undisturbed)


@pytest.mark.parametrize("share", _moments(SERVER_MOMENTS, SHORT_SERVER_MOMENTS))
def test_a_database_killed_at_any_moment_of_a_run_comes_back_by_itself(
    fresh: Company, undisturbed: Undisturbed, share: float
) -> None:
    began = time.monotonic()
    process = fresh.program.start("sync", "run", SLUG)
    wait_until(lambda: fresh.server() is not None)
    starting = time.monotonic() - began
    time.sleep(share * (undisturbed.seconds - starting))
    server = fresh.server()
    if server is not None:
        os.kill(server.pid, signal.SIGKILL)

    ended = await_end(process)

    _check_end(ended)
    _check_next_run(fresh, undisturbed)


def _check_end(ended: Ended) -> None:
    """The program ended well, or said in a sentence that it lost the database."""
    assert "Traceback" not in ended.err, ended.err
    if ended.code:
        assert ended.code == 1
        assert "database" in ended.err.casefold(), ended.err


def _check_next_run(company: Company, undisturbed: Undisturbed) -> None:
    company.run_quickly()

    assert_same(company.tables(), undisturbed.tables)
    runs = company.program.asked("sync", "runs", SLUG)
    assert {run["state"] for run in runs} <= {"applied", "failed"}
    assert all(run["finished_at"] for run in runs)
