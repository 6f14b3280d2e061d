"""What a run without news asks of Microsoft, checked to the number."""

import dataclasses
from datetime import UTC, datetime

import msgspec
import pytest

from rollcall.integrations.operations import NewList
from rollcall.integrations.runs import RunView
from rollcall.telephony.queries import ExtensionView
from rollcall.wiring.machine import Machine
from tests.integration.conftest import MakeSite, simulated_cloud
from tests.integration.requests.counting import (
    Asked,
    batches_for,
    count_asked,
    mailbox_items,
    unchanged_night,
)
from tests.needs import ROOT
from tests.simulator.control import Simulator, op
from tests.sites import Site, make_site

CONTACTS = {"personal_contacts": True, "company_contacts": True}
SPECS = (
    "people:1:2,shared=0,rooms=0,guests=0,disabled=0",
    "people:10:3",
    "people:19:3,shared=1",
    "people:50:5,folders=1",
    "people:230:2,folders=2,mailless=0.1",
    "people:90:3:0.5,folders=4",
    "people:61:3,folders=9,guests=0,disabled=0",
    "people:500:1,folders=1",
)
EXAMPLE = "people:230:2,folders=2,mailless=0.1"
"""The directory of the example in the docs."""
WEEKS = (
    (1, True, True),
    (5, True, True),
    (2, True, False),
    (1, False, False),
    (4, False, True),
    (2, True, False),
    (1, False, False),
)
"""Days between runs; whether missing mailboxes are due, and the question what they are for."""

MAIL = "ada.new@people70.example"


def _settled(new_site: MakeSite, spec: str, **values: object) -> Site:
    site = new_site(spec, **CONTACTS, **values)
    site.sync()
    return site


def _run_again(site: Site) -> tuple[Asked, RunView]:
    since = site.simulator.last_request()
    run = site.sync()
    requests = site.simulator.requests(since=since)
    assert run.requests == len(requests)
    assert run.items == sum(len(each.items) for each in requests)
    assert not any(
        count
        for counts in run.counts.values()
        for name, count in counts.items()
        if name not in {"unchanged", "refused"}
    ), "a change"
    return count_asked(requests), run


def _let_pass(site: Site, **span: float) -> None:
    """Let time pass for us and for Microsoft."""
    site.clock.forward(**span)
    site.simulator.set_clock((site.clock() - datetime.now(UTC)).total_seconds())


def _active(site: Site) -> list[ExtensionView]:
    return [each for each in site.extensions() if each.state == "active"]


@pytest.mark.parametrize("spec", SPECS)
def test_a_second_run_asks_what_the_formula_says(new_site: MakeSite, spec: str) -> None:
    site = _settled(new_site, spec)

    asked, _ = _run_again(site)

    assert asked == unchanged_night(site, token=False)


def test_the_example_in_the_docs_is_what_happens(new_site: MakeSite) -> None:
    site = _settled(new_site, EXAMPLE)
    _let_pass(site, days=8)
    site.sync()
    _let_pass(site, days=1)

    asked, run = _run_again(site)

    text = (ROOT / "docs/reference/requests.md").read_text(encoding="utf-8")
    assert EXAMPLE in text
    assert asked == unchanged_night(site, token=True, missing=False, silent=False)
    assert (asked.tokens, asked.pages, asked.others) == (1, 1, 0)
    assert f"1 + 1 + {asked.tags} + {asked.mailboxes} = {asked.total} requests" in text
    assert f"{run.items - len(_active(site))} items over all mailboxes" in text
    assert f"{len(_active(site))} people" in text


def test_a_token_that_is_too_old_is_one_request_more(new_site: MakeSite) -> None:
    site = _settled(new_site, "people:10:3")
    _let_pass(site, hours=2)

    asked, _ = _run_again(site)

    assert asked == unchanged_night(site, token=True)


def test_without_sub_folders_a_mailbox_is_one_item(new_site: MakeSite) -> None:
    site = _settled(new_site, "people:50:5,folders=3", subfolders=False)

    asked, _ = _run_again(site)

    assert asked == unchanged_night(site, token=False, subfolders=False)


def test_a_cloud_without_delta_is_asked_as_often(machine: Machine, simulator: Simulator) -> None:
    cloud = simulated_cloud(simulator, contact_delta=False)
    environment = msgspec.structs.replace(machine.environment, clouds=(cloud,))
    machine = Machine(environment=environment, conninfo=machine.conninfo)
    site = make_site(
        machine, simulator, "people:50:5,folders=2", personal_contacts=True, company_contacts=True
    )
    site.sync()

    asked, _ = _run_again(site)

    assert asked == unchanged_night(site, token=False)


def test_shared_mailboxes_that_are_named_need_no_question_what_they_are_for(
    new_site: MakeSite,
) -> None:
    site = new_site("people:40:2,guests=0.2", personal_contacts=True)
    shared = [user.id for user in site.directory.users() if user.mailbox == "shared"]
    lists = {"mailboxes": NewList("only", tuple(shared))}
    site.set(company_contacts=True, lists=lists)
    site.sync()

    asked, _ = _run_again(site)

    formula = unchanged_night(site, token=False)
    assert formula.others
    assert asked == dataclasses.replace(formula, others=0)


def test_missing_mailboxes_are_asked_for_in_every_run_of_a_week_and_then_once_in_a_week(
    new_site: MakeSite,
) -> None:
    site = new_site("people:60:2,mailless=0.1", **CONTACTS)
    kinds = ("on-premises", "inactive")
    users = [each for each in site.directory.users() if each.mailbox == "user"]
    site.directory.change(
        *(
            op("set_mailbox", user=each.id, kind=kind)
            for each, kind in zip(users, kinds, strict=False)
        )
    )
    site.directory.change(op("set_mailbox", user=users[5].id, kind="user", denied=True))
    site.sync()

    for days, missing, silent in WEEKS:
        _let_pass(site, days=days)
        asked, _ = _run_again(site)
        formula = unchanged_night(site, token=True, missing=missing, silent=silent)
        assert asked == formula, (days, missing, silent)


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


def test_a_night_with_news_asks_more_for_the_news_alone(new_site: MakeSite) -> None:
    site = _settled(new_site, "people:70:3,folders=1,photos=1,guests=0,disabled=0")
    users = [each.id for each in site.directory.users() if each.mailbox == "user"]
    joining = {"displayName": "Ada New", "givenName": "Ada", "surname": "New", "mail": MAIL}
    site.directory.change(
        *(op("set_photo", user=each, seed="another") for each in users[:23]),
        *(op("update_user", user=each, set={"jobTitle": "Poet"}) for each in users[:25]),
        *(op("add_contact", user=each, set={"displayName": "Bo"}) for each in users[10:20]),
        op("add_user", set=joining, mailbox="user"),
    )
    since = site.simulator.last_request()

    run = site.sync()

    assert run.counts["users"]["created"] == 1
    asked = count_asked(site.simulator.requests(since=since))
    photos, purposes = 23, 25 + 1
    others = batches_for(photos) + batches_for(purposes)
    assert asked == dataclasses.replace(unchanged_night(site, token=False), others=others)


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
