"""The program `rollcall` as an administrator runs it: a process with a home of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psycopg.conninfo import make_conninfo

from rollcall.environment import Environment, read_environment
from rollcall.host.postgres import running_database
from tests.simulator.control import Simulator

PROGRAM = Path(sys.executable).with_name("rollcall")
SECONDS = 120
CLOUD = "SIMULATED"


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Program:
    """The program with one home."""

    home: Path
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> Environment:
        """What the program is told, as it reads it."""
        return read_environment(environ={"ROLLCALL_HOME": str(self.home)}, cwd=Path("/"))

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Start a command in a process group of its own."""
        environ = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        return subprocess.Popen(
            [str(PROGRAM), *words],
            env={
                **environ,
                "ROLLCALL_HOME": str(self.home),
                "ROLLCALL_SWITCH": "off",
                **self.variables,
            },
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *words: str) -> Ended:
        """Run a command to its end."""
        return await_end(self.start(*words))

    def done(self, *words: str) -> Ended:
        """Run a command that must end well."""
        ended = self.run(*words)
        assert ended.code == 0, (words, ended)
        return ended

    def asked(self, *words: str) -> Any:
        """Run a command that must end well, with --json; return what it printed."""
        return self.done(*words, "--json").json()

    @contextmanager
    def database(self) -> Iterator[str]:
        """Have the program's database; return its address."""
        with running_database(self.environment) as address:
            yield make_conninfo(address.conninfo)


def await_end(process: "subprocess.Popen[str]") -> Ended:
    """Wait for a command's end."""
    try:
        out, err = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return Ended(process.returncode, out, err)


def cloud_settings(simulator: Simulator, name: str = CLOUD) -> str:
    """Return the lines of rollcall.toml that make the simulator a cloud."""
    return (
        f'[clouds.{name}]\nlogin = "{simulator.login}"\ngraph = "{simulator.graph}"\n'
        f'portal = "{simulator.login}"\nca_file = "{simulator.ca_file}"\n'
    )
