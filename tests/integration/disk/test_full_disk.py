"""A full disk ends runs with a sentence that says so, and costs nothing that was committed."""

import shutil
import time
from pathlib import Path

import pytest

from rollcall.host.cluster import find_cluster
from tests.integration.commands.program import Ended, Program
from tests.integration.disk.conftest import SLUG, Shop
from tests.integration.disk.volume import ROOMY, mounted
from tests.integration.faults.outcomes import assert_same
from tests.integration.host.machine import wait_until
from tests.integration.nights.plant import Plant, Service
from tests.sites import Tables, read_tables

FOR_JOURNAL = 40
"""Megabytes free with which the journal (WAL), in files of 16, finds no room for its third one."""

FOR_TABLES = (12, 10, 8)
"""Megabytes free with which the tables find no room, the journal being on another disk."""

LOGS = 1
HOME = "small"
SECONDS = 60
FULL_SECONDS = 8


def test_a_first_sync_that_fills_the_disk_says_so_and_goes_on_when_there_is_room(
    shop: Shop, undisturbed: Tables
) -> None:
    with mounted(shop.directory / HOME) as disk:
        program = shop.copy(HOME)
        disk.leave(FOR_JOURNAL)
        _check_sentence(program.run("sync", "run", SLUG))
        _check_sentence(program.run("sync", "run", SLUG))

        disk.leave(ROOMY)
        assert program.asked("sync", "run", SLUG)["state"] == "applied"
        assert_same(_tables(program), undisturbed)


def test_a_run_that_finds_no_room_in_the_tables_is_kept_as_failed_with_the_reason(
    shop: Shop, undisturbed: Tables
) -> None:
    with mounted(shop.directory / HOME) as disk:
        program = shop.copy(HOME)
        _keep_journal_apart(program, shop.directory / "journal")
        kept = []
        for room in FOR_TABLES:
            disk.leave(room)
            ended = program.run("sync", "run", SLUG, "--json")
            assert ended.code == 1, ended
            assert "make room" in ended.err
            assert "Traceback" not in ended.err
            kept += [ended.json()] if ended.out else []  # there may be no room to keep even that
        assert {(run["state"], run["error"]["code"]) for run in kept} == {("failed", "disk-full")}

        disk.leave(ROOMY)
        assert program.asked("sync", "run", SLUG)["state"] == "applied"
        assert_same(_tables(program), undisturbed)


@pytest.mark.long
def test_the_service_outlives_a_full_disk_and_the_nightly_run_comes_again(
    shop: Shop, undisturbed: Tables
) -> None:
    with mounted(shop.directory / HOME) as disk:
        program = shop.copy(HOME)
        disk.leave(FOR_JOURNAL)
        with program.database() as conninfo:
            plant = shop.plant(program, conninfo)
            with Service.started(plant, workers=1) as service:
                parts = _parts(service)
                wait_until(lambda: _schedules(plant) == 1)
                night = plant.begin_night()
                wait_until(lambda: "The disk is full" in _said(program), seconds=SECONDS)
                time.sleep(FULL_SECONDS)
                assert _said(program).count("The disk is full") == 1

                disk.leave(ROOMY)
                plant.await_morning(night, seconds=SECONDS)
                assert _parts(service) == parts
            assert_same(read_tables(conninfo), undisturbed)
        assert "Traceback" not in _said(program)


@pytest.mark.long
def test_logs_that_cannot_be_written_stop_nothing(shop: Shop, undisturbed: Tables) -> None:
    program = shop.copy("logs")
    logs = program.home / "log"
    with (
        mounted(logs, megabytes=LOGS) as disk,
        program.database() as conninfo,
    ):
        disk.fill()
        plant = shop.plant(program, conninfo)
        with Service.started(plant, workers=1):
            wait_until(lambda: _schedules(plant) == 1)
            plant.await_morning(plant.begin_night(), seconds=SECONDS)
            assert_same(read_tables(conninfo), undisturbed)
            ended = program.done("sync", "pause", SLUG)
            assert ended.err == ""

            before = _lines(logs)
            disk.make_room()
            program.done("sync", "resume", SLUG)
            plant.await_morning(plant.begin_night(), seconds=SECONDS)
            wait_until(lambda: "run.ended" in _lines(logs)[len(before) :])
    assert "Logging error" not in _said(program)
    assert "Traceback" not in _said(program)


def _check_sentence(ended: Ended) -> None:
    assert ended.code == 1, ended
    assert "The disk is full" in ended.err
    assert "make room there, and try again" in ended.err
    assert "Traceback" not in ended.err


def _keep_journal_apart(program: Program, place: Path) -> None:
    """Have the journal on another disk than the tables, as people do."""
    cluster = find_cluster(program.home)
    assert cluster is not None
    journal = cluster.data / "pg_wal"
    shutil.copytree(journal, place)
    for path in (place, *place.rglob("*")):
        shutil.chown(path, cluster.user.uid, cluster.user.gid)
    shutil.rmtree(journal)
    journal.symlink_to(place)


def _tables(program: Program) -> Tables:
    with program.database() as conninfo:
        return read_tables(conninfo)


def _parts(service: Service) -> dict[str, list[int]]:
    return {kind: service.pids(kind) for kind in ("up", "worker", "scheduler", "web")}


def _schedules(plant: Plant) -> int:
    return int(plant.value("SELECT count(*) FROM integrations_schedule"))


def _said(program: Program) -> str:
    return (program.home / "up.out").read_text()


def _lines(logs: Path) -> str:
    return "".join(path.read_text() for path in sorted(logs.glob("worker*.log")))
