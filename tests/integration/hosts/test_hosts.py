"""Three machines and a cable each: what is cut, killed, stopped or paused costs time, no more.

Each scene ends with the tables of its twin, to which nothing happened; no two runs of a tenant were
at work at once, nobody was made twice, and no part needed a hand. How long each recovery took
stands at the end of pytest's report.
"""

import time

import pytest

from tests.integration.hosts.network import DATABASE
from tests.integration.hosts.scene import Scene

DOWN_SECONDS = 5
FORGOTTEN_SECONDS = 90
"""Longer than a worker may be silent (40 s), and so long that the queue has forgotten it, too."""

CUT_SECONDS = (5, 45)
"""Shorter and longer than either end of a connection waits for the other one."""


@pytest.mark.long
def test_a_cut_cable_and_a_killed_worker_cost_time_and_nothing_else(scene: Scene) -> None:
    _cut_worker_off(scene, seconds=0)
    scene.await_return(scene.one, scene.two)

    scene.company.let_a_day_pass()
    scene.ask()
    runs = scene.await_work(scene.two)
    killed_at = time.time()
    scene.two.kill("worker")
    scene.note("a worker killed", runs, killed_at)
    scene.two.start("worker")
    scene.check()


@pytest.mark.long
def test_a_database_that_is_stopped_during_runs_finds_all_parts_waiting_for_it(
    scene: Scene,
) -> None:
    scene.ask()
    runs = scene.await_work_everywhere()
    scene.company.server.stop()
    assert not scene.two.ready()
    time.sleep(DOWN_SECONDS)
    scene.company.server.start()
    scene.note(f"the database stopped for {DOWN_SECONDS} s", runs, time.time())
    scene.check()


@pytest.mark.long
def test_a_database_that_is_killed_during_runs_finds_all_parts_waiting_for_it(
    scene: Scene,
) -> None:
    scene.ask()
    runs = scene.await_work_everywhere()
    scene.company.server.kill()
    time.sleep(DOWN_SECONDS)
    scene.company.server.start()
    scene.note(f"the database killed, and started after {DOWN_SECONDS} s", runs, time.time())
    scene.check()


@pytest.mark.long
def test_a_worker_that_was_suspended_writes_nothing_when_it_goes_on(scene: Scene) -> None:
    scene.ask()
    runs = scene.await_work(scene.one)
    paused_at = time.time()
    scene.one.pause("worker")
    scene.note("a worker suspended", runs, paused_at)
    time.sleep(max(0.0, paused_at + FORGOTTEN_SECONDS - time.time()))
    scene.one.go_on("worker")
    scene.check()
    scene.await_return(scene.one, scene.two)


@pytest.mark.long
def test_a_worker_that_was_cut_off_until_nobody_knew_it_is_back_by_itself(scene: Scene) -> None:
    _cut_worker_off(scene, seconds=FORGOTTEN_SECONDS)
    scene.await_return(scene.one, scene.two)


@pytest.mark.long
@pytest.mark.parametrize("seconds", CUT_SECONDS)
def test_a_database_whose_cable_is_cut_finds_all_parts_waiting_for_it(
    scene: Scene, seconds: int
) -> None:
    network = scene.company.network
    scene.ask()
    runs = scene.await_work_everywhere()
    network.cut(DATABASE)
    time.sleep(seconds)
    network.mend(DATABASE)
    scene.note(f"the database's cable cut for {seconds} s", runs, time.time())
    scene.check()


@pytest.mark.long
def test_runs_wait_for_the_next_worker_when_all_of_them_are_killed(scene: Scene) -> None:
    scene.ask()
    runs = scene.await_work_everywhere()
    for host in (scene.one, scene.two):
        for part in tuple(host.processes):
            host.kill(part)
    time.sleep(DOWN_SECONDS)
    started_at = time.time()
    for part in tuple(scene.one.processes):
        scene.one.start(part)
    scene.two.processes.clear()
    scene.note("all parts killed, those of one machine started again", runs, started_at)
    scene.check()


def _cut_worker_off(scene: Scene, *, seconds: int) -> None:
    """Cut a worker's cable, for so long at least; its runs are taken over and end well."""
    network = scene.company.network
    scene.ask()
    runs = scene.await_work(scene.one)
    cut_at = time.time()
    network.cut(scene.one.name)
    scene.note("a worker's cable cut", runs, cut_at)
    time.sleep(max(0.0, cut_at + seconds - time.time()))
    network.mend(scene.one.name)
    scene.check()
