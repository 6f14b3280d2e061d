"""The program itself: how it starts, what it writes, how it ends."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.simulator.control import Simulator

COMMAND = [sys.executable, "-m", "m365sim", "serve"]


def refused(*options: str) -> str:
    done = subprocess.run(
        [*COMMAND, *options], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    return done.stderr


def test_the_state_file_says_where_it_listens(tmp_path: Path) -> None:
    home = tmp_path / "sim"
    with Simulator.started(home, "contoso", "empty:nobody") as simulator:
        state = json.loads((home / "sim.json").read_text())
        assert state["login"] == simulator.login
        assert state["graph"].startswith("https://127.0.0.1:")
        assert state["control"].startswith("http://127.0.0.1:")
        assert Path(state["ca_file"]) == home / "sim-ca.pem"
        os.kill(state["pid"], 0)
        names = [one["name"] for one in state["directories"]]
        assert names == ["Contoso", "nobody"]
        [application] = state["directories"][0]["applications"]
        assert application["name"] == "Rollcall"
        shown = simulator.directory("contoso.example")
        assert application["application_id"] == shown.applications[0].application_id
    assert not (home / "sim.json").exists()


def test_authority_and_keys_stay_the_same(tmp_path: Path) -> None:
    seen = []
    for _ in range(2):
        with Simulator.started(tmp_path):
            seen.append({path.name: path.read_bytes() for path in tmp_path.glob("*.pem")})
    changed = {name for name in seen[0] if seen[0][name] != seen[1][name]}
    assert changed == {"sim-server.pem"}
    for path in tmp_path.glob("*key*.pem"):
        assert path.stat().st_mode & 0o077 == 0


def test_the_servers_speak_tls_1_2_or_newer(tmp_path: Path) -> None:
    with Simulator.started(tmp_path) as simulator:
        port = urlsplit(simulator.graph).port
        context = ssl.create_default_context(cafile=str(simulator.ca_file))
        for name in ("127.0.0.1", "localhost"):
            with (
                socket.create_connection(("127.0.0.1", port)) as plain,
                context.wrap_socket(plain, server_hostname=name) as secured,
            ):
                assert secured.version() in ("TLSv1.2", "TLSv1.3")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_when_told_to(tmp_path: Path, number: signal.Signals) -> None:
    addresses = ["--login", "127.0.0.1:0", "--graph", "127.0.0.1:0", "--control", "127.0.0.1:0"]
    process = subprocess.Popen(
        [*COMMAND, "--home", str(tmp_path), *addresses],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("m365sim: login https://")
    process.send_signal(number)
    rest, _ = process.communicate(timeout=10)
    assert (process.returncode, rest) == (0, "")
    assert not (tmp_path / "sim.json").exists()


def test_a_wrong_command_line_says_what_is_wrong(tmp_path: Path) -> None:
    home = ["--home", str(tmp_path)]
    assert "'many' is no number of people" in refused(*home, "--directory", "people:many")
    assert "HOST:PORT" in refused(*home, "--login", "nonsense")
    assert "loopback" in refused(*home, "--control", "0.0.0.0:0")
    assert "'moon'" in refused(*home, "--cloud", "moon")
    assert "--home" in refused()


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        options = ["--home", str(tmp_path), "--login", f"127.0.0.1:{port}"]
        done = subprocess.run(
            [*COMMAND, *options], capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 1
    assert str(port) in done.stderr
    assert "Traceback" not in done.stderr
