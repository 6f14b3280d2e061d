"""The units for systemd start what there is, wait as long as it takes, and are well formed."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from rollcall.host.cluster import Cluster
from rollcall.host.server import STOP_SECONDS as DATABASE_STOP_SECONDS
from rollcall.host.service_user import ServiceUser
from rollcall.host.sockets import is_short
from rollcall.service.supervisor import STOP_SECONDS
from tests.needs import ROOT, need
from tests.unit.docs.test_howto import parse_command

PLACE = ROOT / "deploy/systemd"
PROGRAM = "/opt/rollcall/.venv/bin/rollcall"
WHOLE = "rollcall.service"
PARTS = {
    "rollcall-web.service",
    "rollcall-worker@.service",
    "rollcall-scheduler.service",
    "rollcall-switch.service",
}
LONGEST_HOME = 76
"""As a comment in the unit says."""

unit = pytest.mark.parametrize("path", sorted(PLACE.iterdir()), ids=lambda path: path.name)


def read_unit(path: Path) -> Mapping[str, str]:
    """Return the settings of a unit by name, the last one of each."""
    lines = (line.partition("=") for line in path.read_text(encoding="utf-8").splitlines())
    return {name: value for name, equals, value in lines if equals and not name.startswith("#")}


def test_there_is_a_unit_for_one_machine_and_one_for_each_part() -> None:
    assert {path.name for path in PLACE.iterdir()} == {WHOLE, *PARTS}


@unit
def test_every_unit_starts_a_command_that_there_is(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    program, *arguments = read_unit(path)["ExecStart"].replace("%i", "1").split()

    assert program == PROGRAM
    parse_command(arguments)


@unit
def test_systemd_waits_for_runs_to_be_handed_over_before_it_kills(path: Path) -> None:
    database = DATABASE_STOP_SECONDS if path.name == WHOLE else 0

    assert int(read_unit(path)["TimeoutStopSec"]) > STOP_SECONDS + database


@unit
def test_a_unit_may_write_where_the_home_is_and_nowhere_else(path: Path) -> None:
    settings = read_unit(path)

    home = settings["Environment"].removeprefix("ROLLCALL_HOME=")
    assert home == f"/var/lib/{settings['StateDirectory']}"
    assert "ReadWritePaths" not in settings
    assert settings["ProtectSystem"] == "strict"


def test_a_private_tmp_hides_no_socket_of_the_database() -> None:
    for length in (len("/var/lib/rollcall"), LONGEST_HOME):
        home = Path("/" + "h" * (length - 1))
        cluster = Cluster(home, home / "database", ServiceUser("rollcall", 1, 1))
        assert is_short(cluster.directory / "run")
    assert not is_short(Path("/" + "h" * LONGEST_HOME) / "database" / "run")


def test_only_the_unit_of_the_whole_waits_for_a_word_that_it_is_ready() -> None:
    types = {path.name: read_unit(path)["Type"] for path in PLACE.iterdir()}

    assert types == {WHOLE: "notify", **dict.fromkeys(PARTS, "exec")}


def test_systemd_itself_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    need(program, "systemd-analyze, of Debian's package systemd: make deps")
    installed = Path(sys.executable).with_name("rollcall")
    units = []
    for path in PLACE.iterdir():
        units.append(tmp_path / path.name)
        units[-1].write_text(path.read_text(encoding="utf-8").replace(PROGRAM, str(installed)))

    ended = subprocess.run(
        [str(program), "verify", *map(str, units)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (0, "")
