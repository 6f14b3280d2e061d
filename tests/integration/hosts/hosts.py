"""A machine that runs parts of Rollcall: a home of its own, and processes at its end of a cable."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.integration.commands.program import PROGRAM, cloud_settings
from tests.integration.hosts.network import Network
from tests.simulator.control import Simulator

KEYS = Path("keys/encryption.json")
STOP_SECONDS = 60


@dataclass
class Host:
    """A host by its name in the network, its home, and the parts that were started there."""

    network: Network
    name: str
    home: Path
    url: str
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def start(self, part: str) -> None:
        """Start a part: worker, scheduler or web. It ends with the test, however that ends."""
        environ = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        own = {"ROLLCALL_HOME": str(self.home), "ROLLCALL_DATABASE_URL": self.url}
        with self.network.inside(self.name), self.said(part).open("ab") as said:
            self.processes[part] = subprocess.Popen(
                [str(PROGRAM), part, "--stop-with-pipe"],
                env={**environ, **own},
                cwd="/",
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )

    def said(self, part: str) -> Path:
        """Return the file with all that a part wrote to stdout and stderr."""
        return self.home / f"{part}.said"

    def pid(self, part: str) -> int:
        """Return the process of a part."""
        return self.processes[part].pid

    def lives(self, part: str) -> bool:
        """Tell whether a part is still the process that was started."""
        return self.processes[part].poll() is None

    def kill(self, part: str) -> None:
        """End a part as a crash does."""
        self.processes[part].kill()
        self.processes[part].communicate()

    def pause(self, part: str) -> None:
        """Stop a part where it is, as a machine does that is suspended."""
        os.kill(self.pid(part), signal.SIGSTOP)

    def go_on(self, part: str) -> None:
        """Let a part go on."""
        os.kill(self.pid(part), signal.SIGCONT)

    def stop(self) -> None:
        """Tell all parts to stop, and wait for that."""
        for process in self.processes.values():
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in self.processes.values():
            try:
                process.communicate(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                raise
        self.processes.clear()


@contextmanager
def new_host(
    network: Network, name: str, home: Path, url: str, *, simulator: Simulator, keys: Path
) -> Iterator[Host]:
    """Have a host whose home holds nothing but settings and the keys that all machines share."""
    (home / KEYS).parent.mkdir(parents=True, mode=0o700)
    shutil.copy(keys, home / KEYS)
    settings = f"worker_slots = 3\n{cloud_settings(simulator)}"
    (home / "rollcall.toml").write_text(settings)
    host = Host(network, name, home, url)
    try:
        yield host
    finally:
        host.stop()
