"""What a run without news asks of Microsoft, checked to the number."""

import dataclasses
from datetime import UTC, datetime

import pytest

from rollcall.integrations.runs import RunView
from tests.integration.conftest import MakeSite
from tests.integration.requests.counting import (
    Asked,
    batches_for,
    count_asked,
    mailbox_items,
    unchanged_night,
)
from tests.simulator.control import op
from tests.sites import Site

CONTACTS = {"personal_contacts": True, "company_contacts": True}
SPECS = (
    "people:1:2,shared=0,rooms=0,guests=0,disabled=0",
    "people:10:3",
    "people:19:3,shared=1",
    "people:50:5,folders=1",
    "people:230:2,folders=2,mailless=0.1",
    "people:90:3:0.5,folders=4",
    "people:61:3,folders=9,guests=0,disabled=0",
)


def _settled(new_site: MakeSite, spec: str, **values: object) -> Site:
    site = new_site(spec, **CONTACTS, **values)
    site.sync()
    return site


def _run_again(site: Site) -> tuple[Asked, RunView]:
    since = site.simulator.last_request()
    run = site.sync()
    requests = site.simulator.requests(since=since)
    assert all(item.status in {200, 404} for each in requests for item in each.items)
    assert run.requests == len(requests)
    assert run.items == sum(len(each.items) for each in requests)
    assert not any(
        count
        for counts in run.counts.values()
        for name, count in counts.items()
        if name not in {"unchanged", "refused"}
    ), "a change"
    return count_asked(requests), run


@pytest.mark.parametrize("spec", SPECS)
def test_a_second_run_asks_what_the_formula_says(new_site: MakeSite, spec: str) -> None:
    site = _settled(new_site, spec)

    asked, _ = _run_again(site)

    assert asked == unchanged_night(site, token=False)


def test_a_token_that_is_too_old_is_one_request_more(new_site: MakeSite) -> None:
    site = _settled(new_site, "people:10:3")
    site.clock.forward(hours=2)
    site.simulator.set_clock((site.clock() - datetime.now(UTC)).total_seconds())

    asked, _ = _run_again(site)

    assert asked == unchanged_night(site, token=True)


def test_without_sub_folders_a_mailbox_is_one_item(new_site: MakeSite) -> None:
    site = _settled(new_site, "people:50:5,folders=3", subfolders=False)

    asked, _ = _run_again(site)

    assert asked == unchanged_night(site, token=False, subfolders=False)


def test_people_alone_are_one_request(new_site: MakeSite) -> None:
    site = new_site("people:300", photos=False)
    site.sync()

    asked, run = _run_again(site)

    assert asked == Asked(tokens=0, pages=1, tags=0, mailboxes=0)
    assert run.items == 0


def test_one_mailbox_with_very_many_folders_costs_at_most_a_batch_for_each_four_items(
    new_site: MakeSite,
) -> None:
    site = new_site("people:30:3", **CONTACTS)
    owner = next(user.id for user in site.directory.users() if user.mailbox == "shared")
    folders = [op("add_folder", user=owner, name=f"Folder {number}") for number in range(40)]
    site.directory.change(*folders)
    site.sync()

    asked, _ = _run_again(site)

    large = -(-mailbox_items(40, subfolders=True) // 4)
    formula = unchanged_night(site, token=False)
    assert dataclasses.replace(asked, mailboxes=0) == dataclasses.replace(formula, mailboxes=0)
    assert large <= asked.mailboxes <= large + formula.mailboxes


def test_a_first_run_asks_for_each_thing_once(new_site: MakeSite) -> None:
    site = new_site("people:70:3,folders=1", **CONTACTS)
    since = site.simulator.last_request()

    site.sync()

    asked = count_asked(site.simulator.requests(since=since))
    users = site.directory.users()
    owners = {str(each.directory_object_id) for each in site.extensions()}
    pictures = sum(1 for user in users if user.id in owners and user.photo)
    named = sum(1 for user in users if user.properties.get("mail"))
    again = unchanged_night(site, token=True)
    purposes_and_pictures = batches_for(named) + batches_for(pictures)
    assert asked == dataclasses.replace(again, others=purposes_and_pictures)
