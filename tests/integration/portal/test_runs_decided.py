"""Previews, held plans and runs that are going on: asked for, applied, discarded, cancelled."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest
from django.test import Client

from rollcall.fleet.operations import Identity, beat, leave
from rollcall.integrations.operations import NewList
from rollcall.integrations.recovery import LOCK_CLASS, take_over
from rollcall.integrations.run_operations import RunRequest, request_run
from rollcall.integrations.runs import RunView, get_run, list_runs
from rollcall.integrations.schedules import find_schedule, reckon_schedules
from rollcall.wiring.sync import carry_out
from tests.integration.conftest import MakeSite
from tests.integration.portal.conftest import SignIn
from tests.simulator.control import op
from tests.sites import ACTOR, Site

PAGE = "/t/contoso/integration/runs"


@pytest.fixture
def site(new_site: MakeSite) -> Site:
    """A connected tenant of eight people."""
    site = new_site("people:8:0", photos=False)
    reckon_schedules(now=datetime.now(UTC))
    return site


@pytest.fixture
def visitor(site: Site, sign_in: SignIn) -> Client:
    """Its administrator."""
    return sign_in("administrator", site.tenant.id)


def rows(site: Site, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(site.machine.conninfo, autocommit=True) as connection:
        cursor = connection.execute(query.encode())
        return cursor.fetchall() if cursor.description else []


def newest(site: Site) -> RunView:
    (run,) = list_runs(site.tenant.id, limit=1)
    return run


def carry_on(site: Site) -> RunView:
    """Carry out what was asked for, as a worker does."""
    (summary, new) = request_run(site.integration, RunRequest(trigger="manual", asked_by=ACTOR))
    assert not new
    return carry_out(site.machine, summary, clock=site.clock, pace=site.pace)


def press(visitor: Client, address: str, **values: object) -> str:
    """Press a button; return the page that follows."""
    answer = visitor.post(address, values, follow=True)
    assert answer.status_code == 200
    assert [status for _, status in answer.redirect_chain] == [302]
    return str(answer.content.decode())


@contextmanager
def a_service() -> Iterator[None]:
    """A worker and a scheduler that are alive, as far as anybody can see."""
    parts = [
        Identity(id=uuid4(), kind=kind, host="here", pid=1, version="1")
        for kind in ("worker", "scheduler")
    ]
    for part in parts:
        beat(part)
    try:
        yield
    finally:
        for part in parts:
            leave(part)


def test_the_first_sync_begins_as_a_preview(site: Site, visitor: Client) -> None:
    page = press(visitor, f"{PAGE}/sync")

    assert "This is the first sync" in page
    assert newest(site).dry_run
    assert newest(site).asked_by == "administrator1@rollcall.example"


def test_a_run_that_was_asked_for_from_the_web_has_a_job(site: Site, visitor: Client) -> None:
    press(visitor, f"{PAGE}/preview")

    assert rows(site, "SELECT queueing_lock FROM procrastinate_jobs") == [
        (f"run:{newest(site).id}",)
    ]


def test_asking_again_during_a_run_shows_that_run(site: Site, visitor: Client) -> None:
    press(visitor, f"{PAGE}/preview")
    page = press(visitor, f"{PAGE}/sync")

    assert "A run is going on already" in page
    assert len(list_runs(site.tenant.id, limit=9)) == 1


def test_a_waiting_run_says_when_no_worker_is_alive(site: Site, visitor: Client) -> None:
    alone = press(visitor, f"{PAGE}/preview")
    assert "No worker is running" in alone

    with a_service():
        served = visitor.get(f"{PAGE}/{newest(site).id}").content.decode()
    assert "No worker is running" not in served
    assert "waits for its turn" in served


def test_progress_renews_itself_until_the_report_is_there(site: Site, visitor: Client) -> None:
    press(visitor, f"{PAGE}/preview")
    address = f"{PAGE}/{newest(site).id}"

    part = visitor.get(f"{address}?part=progress").content.decode()
    assert 'hx-trigger="load delay:2s"' in part
    assert "<html" not in part
    rows(site, "UPDATE integrations_syncrun SET asked_at = now() - interval '1 hour'")
    assert "load delay:10s" in visitor.get(f"{address}?part=progress").content.decode()
    rows(
        site,
        "UPDATE integrations_syncrun SET state = 'running', started_at = now(), "
        """progress = '{"users": {"done": 3, "total": 8}}'""",
    )
    assert "3 of 8" in visitor.get(f"{address}?part=progress").content.decode()
    rows(site, "UPDATE integrations_syncrun SET state = 'queued', started_at = NULL")
    carry_on(site)
    assert visitor.get(f"{address}?part=progress")["HX-Redirect"] == address


def test_progress_goes_on_with_the_run_that_takes_over(site: Site, visitor: Client) -> None:
    press(visitor, f"{PAGE}/preview")
    run = newest(site)
    rows(site, "UPDATE integrations_syncrun SET state = 'running', started_at = now()")
    take_over(run.id, now=datetime.now(UTC))
    successor = newest(site).id

    assert successor != run.id
    answer = visitor.get(f"{PAGE}/{run.id}?part=progress")
    assert answer["HX-Redirect"] == f"{PAGE}/{successor}"
    assert f"Run {successor}" in visitor.get(f"{PAGE}/{run.id}").content.decode()


def test_a_waiting_run_is_cancelled_with_its_job(site: Site, visitor: Client) -> None:
    press(visitor, f"{PAGE}/preview")
    run = newest(site)
    page = press(visitor, f"{PAGE}/{run.id}/cancel")

    assert newest(site).state == "cancelled"
    assert "Cancelled" in page
    assert rows(site, "SELECT id FROM procrastinate_jobs") == []
    again = press(visitor, f"{PAGE}/{run.id}/cancel")
    assert "has ended already" in again


def test_an_applied_preview_does_exactly_what_it_showed(site: Site, visitor: Client) -> None:
    press(visitor, f"{PAGE}/preview")
    shown = carry_on(site)
    page = visitor.get(f"{PAGE}/{shown.id}").content.decode()
    assert shown.state == "planned"
    assert "Nothing is changed yet" in page
    assert site.extensions() == []
    newcomer = {"displayName": "Aaron First", "givenName": "Aaron", "accountEnabled": True}
    site.directory.change(op("add_user", set=newcomer))

    page = press(visitor, f"{PAGE}/{shown.id}/apply")

    assert "as the preview showed" in page
    numbers = {each.directory_object_id: each.number for each in site.extensions()}
    assert numbers == {each.directory_object_id: each.number for each in shown.changes}
    applied = get_run(shown.id)
    assert (applied.state, applied.dry_run) == ("applied", False)
    assert applied.changes == shown.changes
    schedule = find_schedule(site.integration.id)
    assert schedule is not None
    assert schedule.succeeded_at is not None
    assert site.sync().counts["users"]["created"] == 1


def test_after_a_preview_is_applied_photos_and_contacts_follow(
    new_site: MakeSite, sign_in: SignIn
) -> None:
    site = new_site("people:3:2", personal_contacts=True)
    visitor = sign_in("administrator", site.tenant.id)
    shown = site.sync(dry_run=True)
    page = press(visitor, f"{PAGE}/{shown.id}/apply")

    assert "Photos and contacts follow" in page
    follower = newest(site)
    assert follower.stages == ("photos", "personal-contacts")
    assert list(get_run(shown.id).counts) == ["users"]
    assert carry_on(site).counts["personal-contacts"]["created"] == 6


def test_a_preview_is_out_of_date_when_the_pbx_has_changed(site: Site, visitor: Client) -> None:
    site.sync()
    person = site.extensions()[0]
    site.directory.change(op("update_user", user=person.directory_object_id, set={"jobTitle": "X"}))
    shown = site.sync(dry_run=True)
    rows(site, f"UPDATE telephony_extension SET office = 'by hand' WHERE number = {person.number}")

    page = press(visitor, f"{PAGE}/{shown.id}/apply")

    assert "out of date" in page
    assert "Preview changes" in page
    assert get_run(shown.id).state == "superseded"
    assert {each.job_title for each in site.extensions()}.isdisjoint({"X"})
    assert rows(site, "SELECT run_id FROM integrations_heldplan") == []


def test_a_preview_is_out_of_date_when_the_settings_have_changed(
    site: Site, visitor: Client
) -> None:
    shown = site.sync(dry_run=True)
    site.set(guests=True)
    page = press(visitor, f"{PAGE}/{shown.id}/apply")

    assert "out of date" in page
    assert site.extensions() == []


def test_a_newer_run_or_preview_takes_the_place_of_a_preview(site: Site, visitor: Client) -> None:
    first, second = site.sync(dry_run=True), site.sync(dry_run=True)
    assert visitor.get(PAGE).content.decode().count("Waits for your decision") == 1
    page = visitor.get(f"{PAGE}/{first.id}").content.decode()
    assert "taken its place" in page
    assert "/apply" not in page
    assert "/apply" in visitor.get(f"{PAGE}/{second.id}").content.decode()

    site.sync()
    assert {get_run(first.id).state, get_run(second.id).state} == {"planned"}
    page = press(visitor, f"{PAGE}/{second.id}/apply")
    assert "holds nothing to decide on" in page


def test_a_preview_binds_the_lines_of_lists_when_it_is_applied(site: Site, visitor: Client) -> None:
    names = [user.properties["userPrincipalName"] for user in site.directory.users()[:2]]
    site.set(lists={"people": NewList("only", tuple(names))})
    shown = site.sync(dry_run=True)
    unbound = "SELECT line FROM integrations_listentry WHERE object_id IS NULL"
    assert len(rows(site, unbound)) == 2

    press(visitor, f"{PAGE}/{shown.id}/apply")

    assert len(site.extensions()) == 2
    assert rows(site, unbound) == []


def test_a_discarded_preview_is_done_with(site: Site, visitor: Client) -> None:
    shown = site.sync(dry_run=True)
    page = press(visitor, f"{PAGE}/{shown.id}/discard")

    assert "nothing was changed" in page
    assert get_run(shown.id).state == "discarded"
    assert site.extensions() == []
    again = press(visitor, f"{PAGE}/{shown.id}/apply")
    assert "holds nothing to decide on" in again


def test_a_preview_waits_while_the_sync_is_paused(site: Site, visitor: Client) -> None:
    shown = site.sync(dry_run=True)
    visitor.post("/t/contoso/integration/pause")
    page = press(visitor, f"{PAGE}/{shown.id}/apply")

    assert "The sync is paused" in page
    assert get_run(shown.id).state == "planned"
    sync = press(visitor, f"{PAGE}/sync", unseen="1")
    assert "The sync is paused" in sync


def hold(site: Site) -> RunView:
    """Let so many people leave that a guard stops it."""
    site.sync()
    people = [each.directory_object_id for each in site.extensions()]
    site.directory.change(*(op("disable", user=each) for each in people[:6]))
    return site.sync(expect="held")


def test_a_held_plan_is_released_by_hand(site: Site, visitor: Client) -> None:
    held = hold(site)
    page = visitor.get(f"{PAGE}/{held.id}").content.decode()
    assert "Release" in page
    assert "6 people are blocked" in page

    page = press(visitor, f"{PAGE}/{held.id}/apply")

    assert "What was held is applied" in page
    assert [each.state for each in site.extensions()].count("blocked") == 6


def test_a_held_plan_is_discarded_by_hand(site: Site, visitor: Client) -> None:
    held = hold(site)
    press(visitor, f"{PAGE}/{held.id}/discard")

    assert get_run(held.id).state == "discarded"
    assert {each.state for each in site.extensions()} == {"active"}


def test_nothing_is_decided_while_a_run_is_going_on(site: Site, visitor: Client) -> None:
    held = hold(site)

    with psycopg.connect(site.machine.conninfo, autocommit=True) as worker:
        worker.execute("SELECT pg_advisory_lock(%s, %s)", [LOCK_CLASS, site.integration.id])
        page = press(visitor, f"{PAGE}/{held.id}/apply")

    assert "A run is going on" in page
    assert get_run(held.id).state == "held"


def test_a_chosen_stage_alone_is_synchronised(site: Site, visitor: Client) -> None:
    site.sync()
    press(visitor, f"{PAGE}/sync", stages=["users"], full="on")
    assert newest(site).stages == ("users",)
    carry_on(site)

    page = press(visitor, f"{PAGE}/sync", stages=["company-contacts"])
    assert "switched off" in page


def test_a_person_is_explained_in_five_steps(site: Site, visitor: Client) -> None:
    person = site.sync().changes[0]
    extension = site.extension_of(person.directory_object_id)
    assert extension is not None
    principal_name = extension.principal_name or ""
    address = "/t/contoso/integration/explain"

    page = visitor.get(address, {"person": principal_name}).content.decode()
    assert "None: up to date." in page
    assert f"Linked to extension {person.number}." in page
    assert (
        "Nobody of the directory is called"
        in visitor.get(address, {"person": "nobody at all"}).content.decode()
    )
    part = visitor.get(
        address,
        {"person": principal_name[:6], "part": "suggestions"},
        HTTP_HX_REQUEST="true",
    ).content.decode()
    assert person.name in part
    assert "<html" not in part
    assert "means more than one person" in visitor.get(address, {"person": "a"}).content.decode()


def test_nobody_of_another_tenant_is_explained(
    site: Site, new_site: MakeSite, sign_in: SignIn
) -> None:
    person = site.sync().changes[0].directory_object_id
    stranger = new_site("people:1:0", slug="fabrikam")
    visitor = sign_in("administrator", stranger.tenant.id)

    answers = [
        visitor.get("/t/fabrikam/integration/explain", {"person": each}).content.decode()
        for each in (person, "no-such-id")
    ]
    assert all("Nobody of the directory is called" in each for each in answers)
