"""Permissions and mailboxes that are not there yet: what no single answer shows."""

from rollcall.core.policy import Stage
from tests.integration.faults.company import shared_mailboxes, staff
from tests.integration.faults.outcomes import (
    PEOPLE,
    PHOTOS,
    assert_same,
    assert_unchanged,
    parts,
    without,
)
from tests.integration.faults.twin import Twin
from tests.simulator.control import op
from tests.sites import ROLES

USERS, CONTACTS, PURPOSES = ROLES


def test_a_mailbox_that_is_being_made_is_read_once_it_is_there(twin: Twin) -> None:
    with twin.connected() as site:
        person = staff(site.directory)[1]
        site.directory.change(op("set_mailbox", user=person, not_ready_reads=4))

        run = site.sync()

        assert {(each["subject"], each["code"]) for each in run.problems} == {
            (person, "no-mailbox")
        }
        assert_same(without(site.tables(), person), without(twin.first, person))
        runs = 0
        while site.sync().problems:
            assert (runs := runs + 1) < 5
        site.sync()
        assert_same(site.tables(), twin.first)


def test_contacts_that_exchange_alone_grants_are_read(twin: Twin) -> None:
    with twin.connected() as site:
        site.application.set_roles(USERS, PURPOSES)
        site.application.grant_in_exchange(CONTACTS)

        site.sync()

        assert_same(site.tables(), twin.first)


def test_a_missing_contacts_permission_is_named_and_granted_it_is_used_at_once(
    twin: Twin,
) -> None:
    with twin.connected() as site:
        site.application.set_roles(USERS, PURPOSES)

        run = site.sync(expect="failed")

        assert run.error is not None
        assert run.error["code"] == "permission-missing"
        assert CONTACTS in run.error["message"]
        done = (*PEOPLE, *PHOTOS)
        assert_same(parts(site.tables(), done), parts(twin.first, done))
        site.application.set_roles(*ROLES)
        site.sync()
        assert_same(site.tables(), twin.first)


def test_a_missing_people_permission_is_named_and_granted_it_is_used_at_once(twin: Twin) -> None:
    with twin.connected() as site:
        site.application.set_roles(CONTACTS, PURPOSES)

        run = site.sync(expect="failed")

        assert run.error is not None
        assert USERS in run.error["message"]
        assert_unchanged(site.tables(), twin.before)
        site.application.set_roles(*ROLES)
        site.sync()
        assert_same(site.tables(), twin.first)


def test_without_the_purposes_company_contacts_wait_for_names(twin: Twin) -> None:
    with twin.connected() as site:
        site.application.set_roles(USERS, CONTACTS)
        shared = shared_mailboxes(site.directory)

        run = site.sync()

        assert [each["code"] for each in run.problems] == ["shared-mailboxes-unknown"]
        assert run.counts[Stage.COMPANY_CONTACTS]["created"] == 0
        site.application.set_roles(*ROLES)
        site.sync(full=True)
        assert_same(site.tables(), twin.first)
        assert shared


def test_a_token_that_is_revoked_in_the_night_is_replaced(twin: Twin) -> None:
    with twin.settled() as site:
        site.sync(Stage.USERS)
        site.simulator.revoke_tokens()

        site.sync()

        assert_same(site.tables(), twin.night)


def test_a_slow_down_signal_makes_a_run_wait(twin: Twin) -> None:
    with twin.connected() as site:
        headers = {"x-ms-throttle-limit-percentage": "1.5"}
        site.simulator.fault("headers", path="/users/delta", headers=headers, times=None)

        run = site.sync()

        assert run.throttled_seconds > 1
        assert all(nap <= 2 for nap in site.naps.slept)


def test_a_mailbox_that_is_throttled_keeps_nobody_else_waiting(twin: Twin) -> None:
    with twin.settled() as site:
        person = staff(site.directory)[1]
        site.simulator.fault(
            "throttle", path=f"/users/{person}/contact", in_batch=True, times=1, retry_after=500
        )
        since = site.simulator.last_request()

        site.sync()

        batches = [each for each in site.simulator.requests(since=since) if each.items]
        asked = [any(person in item.url for item in each.items) for each in batches]
        assert asked[-1], "the throttled mailbox is asked again, last"
        assert max(site.naps.slept) >= 499
        assert_same(site.tables(), twin.night)
