"""kill -9, of the program and of the database: one more run, and nobody sees that it happened.

The moments are spread evenly over the length of a run that was measured, from the start of the
program to its end; every fifth of them is the database's. What a clock cannot promise, the traps
do: that the kill comes while the program is inside its writing, with rows of its transaction in
the database and the rest not.
"""

import os
import signal
import subprocess
from collections.abc import Iterable
from contextlib import suppress

import pytest

from tests.integration.commands.program import Ended, await_end
from tests.integration.faults.outcomes import assert_same
from tests.integration.host.machine import wait_until
from tests.integration.kill.company import SLUG, Company
from tests.integration.kill.conftest import Undisturbed
from tests.integration.kill.trap import Trap
from tests.sites import PRODUCT_TABLES

MOMENTS = 50
SERVER_MOMENTS = frozenset(range(2, MOMENTS, 5))
"""Moments of which the database's postmaster is killed, not the program."""

SHORT_MOMENTS = frozenset({5, 15, 25, 35, 45})
SHORT_SERVER_MOMENTS = frozenset({12, 27, 42})
"""With the first trap of each stage, twelve kills in every test run; all in the long one."""

PERSONAL, SHARED = "NEW.holder <> 0", "NEW.holder = 0"
OWN_BOOK, COMPANY_BOOK = "NEW.scope = 'personal'", "NEW.scope = 'company'"
TRAPS = {
    "users": (
        Trap("telephony_extension", 20),
        Trap("integrations_stagedpage", 3),
        Trap("integrations_directoryrecord", 50),
        Trap("integrations_runchange", 40),
        Trap("integrations_refusal", 2),
    ),
    "photos": (
        Trap("telephony_photo", 10),
        Trap("telephony_photo", 1),
        Trap("telephony_photo", 2),
        Trap("telephony_photo", 20),
        Trap("telephony_photo", 30),
    ),
    "personal contacts": (
        Trap("phonebook_contact", 300, PERSONAL),
        Trap("phonebook_addressbook", 30, OWN_BOOK),
        Trap("phonebook_contact", 1, PERSONAL),
        Trap("phonebook_contactnumber", 200, PERSONAL),
        Trap("phonebook_bookfolder", 60),
    ),
    "company contacts": (
        Trap("phonebook_contact", 2, SHARED),
        Trap("phonebook_addressbook", 2, COMPANY_BOOK),
        Trap("phonebook_contact", 8, SHARED),
        Trap("phonebook_contactnumber", 5, SHARED),
        Trap("phonebook_addressbook", 2, f"{COMPANY_BOOK} AND NEW.status = 'read'"),
    ),
}
"""Five rows of each stage at which the program is killed; the first of each in every test run."""

NOT_COMPARED = {
    "access_token": "settings",
    "accounts_account": "who signs in",
    "accounts_attempt": "of signing in",
    "accounts_credential": "of signing in",
    "accounts_onetimelink": "of signing in",
    "accounts_session": "of signing in",
    "accounts_spentstate": "of signing in",
    "calling_call": "what the switch wrote down",
    "calling_callsettings": "settings",
    "calling_device": "settings",
    "calling_line": "of signing in",
    "calling_switchcount": "what the switch wrote down",
    "calling_trunk": "settings",
    "calling_trunknumber": "settings",
    "calling_trunkstate": "what the switch wrote down",
    "integrations_directorydomain": "of the people, for the sign-in",
    "integrations_setupcheck": "what a check found",
    "mail_mailserver": "settings",
    "phonebook_searchkey": "of the contacts, by triggers",
    "telephony_searchkey": "of the extensions, by triggers",
    "telephony_phonekey": "of the extensions, by triggers",
    "mail_notice": "what was told",
    "mail_noticeaddresses": "settings",
    "mail_outgoingmail": "what is told",
    "mail_providerline": "what is told",
    "audit_auditentry": "what administrators did",
    "django_migrations": "Django's",
    "integrations_heldplan": "of one run",
    "integrations_integration": "settings, and cursors that are not the same in two readings",
    "integrations_keypair": "settings",
    "integrations_linkdecision": "settings",
    "integrations_listentry": "settings",
    "integrations_numberassignment": "settings",
    "integrations_runchange": "of one run",
    "fleet_process": "who is alive",
    "integrations_runtally": "of the runs themselves",
    "integrations_schedule": "when, not what",
    "procrastinate_events": "the queue's",
    "procrastinate_jobs": "the queue's",
    "procrastinate_periodic_defers": "the queue's",
    "procrastinate_workers": "the queue's",
    "integrations_syncrun": "the runs themselves: the killed one is one more",
    "tenants_tenant": "settings",
}
"""Tables that a sync does not fill, or that tell of single runs."""

TRIES = 5


def _moments(all_of_them: Iterable[int], short: Iterable[int]) -> list[object]:
    """Return the short choice for every test run, and all of them for the long one."""
    return [
        *(pytest.param(number, id=f"{number} of {MOMENTS}") for number in sorted(short)),
        *(
            pytest.param(number, id=f"{number} of {MOMENTS}, long", marks=pytest.mark.long)
            for number in sorted(all_of_them)
        ),
    ]


def _traps() -> list[object]:
    return [
        pytest.param(trap, id=f"{stage}, {trap.name}{suffix}", marks=marks)
        for suffix, marks, count in (("", (), 1), (", long", pytest.mark.long, 5))
        for stage, traps in TRAPS.items()
        for trap in traps[:count]
    ]


@pytest.mark.parametrize(
    "moment",
    _moments(set(range(MOMENTS)) - SERVER_MOMENTS, SHORT_MOMENTS),
)
def test_a_program_killed_at_any_moment_of_a_run_leaves_nothing_half_done(
    fresh: Company, undisturbed: Undisturbed, moment: int
) -> None:
    seconds = _seconds(undisturbed, moment)
    for _ in range(TRIES):
        if _kill_program(fresh, seconds):
            break
        seconds = _begin_earlier(fresh, seconds)
    else:
        pytest.fail("every run had ended before it was to be killed")

    _check_next_run(fresh, undisturbed)


@pytest.mark.parametrize("moment", _moments(SERVER_MOMENTS, SHORT_SERVER_MOMENTS))
def test_a_database_killed_at_any_moment_of_a_run_comes_back_by_itself(
    fresh: Company, undisturbed: Undisturbed, moment: int
) -> None:
    seconds = _seconds(undisturbed, moment)
    for _ in range(TRIES):
        ended = _kill_server(fresh, seconds)
        if ended is not None:
            break
        seconds = _begin_earlier(fresh, seconds)
    else:
        pytest.fail("every run had ended before its database was to be killed")

    _check_end(ended)
    _check_next_run(fresh, undisturbed)


@pytest.mark.parametrize("trap", _traps())
def test_a_program_killed_inside_its_writes_leaves_nothing_half_done(
    fresh: Company, undisturbed: Undisturbed, trap: Trap
) -> None:
    with fresh.caught(trap) as process:
        process.kill()
        process.communicate()

    _check_next_run(fresh, undisturbed)


@pytest.mark.parametrize(
    "trap",
    [
        pytest.param(Trap("integrations_integration", 1), id="before it begins"),
        pytest.param(Trap("integrations_syncrun", 2), id="as it begins"),
    ],
)
def test_a_run_whose_program_is_killed_before_it_began_is_in_nobodys_way(
    fresh: Company, undisturbed: Undisturbed, trap: Trap
) -> None:
    with fresh.caught(trap) as process:
        process.kill()
        process.communicate()

    _check_next_run(fresh, undisturbed)


def test_every_table_is_compared_or_there_is_a_reason_why_not(fresh: Company) -> None:
    tables = fresh.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")

    assert {name for (name,) in tables} == PRODUCT_TABLES.keys() | NOT_COMPARED.keys()


def _seconds(undisturbed: Undisturbed, moment: int) -> float:
    return (moment + 0.5) / MOMENTS * undisturbed.seconds


def _begin_earlier(company: Company, seconds: float) -> float:
    """Begin anew where a run was faster than the one that was measured."""
    company.begin_anew()
    return 0.95 * seconds


def _kill_program(company: Company, seconds: float) -> bool:
    """Kill the program after so many seconds; say whether it was still there."""
    with company.program.start("sync", "run", SLUG) as process:
        _let_run(process, seconds)
        process.kill()
        process.communicate()
    return process.returncode == -signal.SIGKILL


def _kill_server(company: Company, seconds: float) -> Ended | None:
    """Kill the database after so many seconds, or as soon as there is one.

    Returns how the program ended, None if it had ended before.
    """
    with company.program.start("sync", "run", SLUG) as process:
        _let_run(process, seconds)
        wait_until(lambda: company.server() is not None or process.poll() is not None)
        server = company.server()
        if server is not None:
            os.kill(server.pid, signal.SIGKILL)
        ended = await_end(process)
    return ended if server is not None else None


def _let_run(process: "subprocess.Popen[str]", seconds: float) -> None:
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)


def _check_end(ended: Ended) -> None:
    """The program ended well, or said in a sentence that it lost the database."""
    assert "Traceback" not in ended.err, ended.err
    if ended.code:
        assert ended.code == 1
        assert "database" in ended.err.casefold(), ended.err


def _check_next_run(company: Company, undisturbed: Undisturbed) -> None:
    company.run_quickly()

    assert_same(company.tables(), undisturbed.tables)
    *before, last = company.runs()
    assert last == ("applied", "")
    assert {state for state, _ in before} <= {"applied", "failed"}
