"""Commands beside a running service: runs go through its queue and look the same."""

import os
import signal
import time

from tests.integration.commands.program import await_end
from tests.integration.host.machine import wait_until
from tests.integration.service.conftest import House, MakeHouse


def test_sync_run_is_carried_out_by_the_services_worker(quick: House) -> None:
    run = quick.plant.program.asked("sync", "run", quick.slug)
    assert run["state"] == "applied"
    assert quick.run(run["id"])["worker"] != ""


def test_no_wait_leaves_the_run_to_the_service(quick: House) -> None:
    ended = quick.plant.program.done("sync", "run", quick.slug, "--no-wait")
    assert "is queued" in ended.out
    quick.await_state(quick.newest()["id"], "applied")


def test_a_run_that_is_on_already_is_shown_to_the_next_who_asks(slow: House) -> None:
    run_id = slow.start_run("--full")
    ended = slow.plant.program.done("sync", "run", slow.slug)
    assert f"Run {run_id} is going on already" in ended.err
    assert slow.newest()["id"] == run_id
    again = slow.plant.program.asked("sync", "run", slow.slug, "--no-wait")
    assert again["id"] != run_id


def test_a_run_is_cancelled_within_two_or_three_seconds(slow: House) -> None:
    slow.await_state(slow.newest()["id"], "applied", "cancelled")
    run_id = slow.start_run("--full")
    slow.await_state(run_id, "running")
    began = time.monotonic()
    slow.plant.program.done("sync", "cancel", str(run_id))
    slow.await_state(run_id, "cancelled")
    assert time.monotonic() - began < 10
    assert slow.newest()["id"] == run_id, "nobody goes on with a run that was cancelled"


def test_ctrl_c_ends_the_command_and_not_the_run(slow: House) -> None:
    with slow.plant.program.start("sync", "run", slow.slug, "--full") as process:
        wait_until(lambda: slow.newest()["state"] == "running", seconds=20)
        run_id = slow.newest()["id"]
        os.killpg(process.pid, signal.SIGINT)
        ended = await_end(process)
    assert ended.code == 1
    assert f"Run {run_id} goes on without this command" in ended.err
    assert slow.await_state(run_id, "applied")["requests"] > 5


def test_a_preview_goes_through_the_queue_too(quick: House) -> None:
    run = quick.plant.program.asked("sync", "run", quick.slug, "--dry-run")
    assert (run["state"], run["dry_run"]) == ("planned", True)


def test_a_paused_tenant_is_not_synchronised_and_says_how_to_go_on(quick: House) -> None:
    program = quick.plant.program
    program.done("sync", "pause", quick.slug)
    refused = program.run("sync", "run", quick.slug)
    assert (refused.code, "sync resume" in refused.err) == (1, True)
    assert program.asked("m365", "show", quick.slug)["next_run_at"] is None
    program.done("sync", "resume", quick.slug)
    assert program.asked("m365", "show", quick.slug)["next_run_at"] is not None
    assert program.asked("sync", "run", quick.slug)["state"] == "applied"


def test_doctor_sees_the_service(quick: House) -> None:
    findings = quick.plant.program.asked("doctor")["findings"]
    lights = {each["step"]: each["light"] for each in findings}
    assert (lights["service"], lights["schedule"], lights["queue"]) == ("green",) * 3


def test_a_night_begins_runs_by_itself(quick: House) -> None:
    night = quick.plant.begin_night()
    quick.plant.await_morning(night, seconds=30)
    run = quick.newest()
    assert (run["trigger"], run["asked_by"]) == ("schedule", "rollcall")


def test_after_an_approved_preview_the_service_brings_the_photos(quick: House) -> None:
    program = quick.plant.program
    program.done("m365", "set", quick.slug, "--photos", "on")
    shown = program.asked("sync", "run", quick.slug, "--dry-run")
    ended = program.done("sync", "approve", str(shown["id"]))
    follower = quick.newest()
    assert f"follow now, in run {follower['id']}" in ended.out
    assert follower["stages"] == ["photos"]
    quick.await_state(follower["id"], "applied")


def test_without_a_service_no_wait_says_what_to_do(new_house: MakeHouse) -> None:
    with new_house("people:5:0,name=lonely") as house:
        ended = house.plant.program.run("sync", "run", house.slug, "--no-wait")
        assert ended.code == 1
        assert "rollcall up" in ended.err
        assert house.plant.rows("SELECT 1 FROM integrations_syncrun") == []

        run = house.plant.program.asked("sync", "run", house.slug)
        assert run["state"] == "applied"
        assert house.plant.rows("SELECT 1 FROM procrastinate_jobs") == []
