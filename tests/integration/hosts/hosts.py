"""A machine that runs parts of Rollcall: a home of its own, and processes at its end of a cable."""

import os
import shutil
import signal
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.integration.commands.program import PROGRAM, cloud_settings
from tests.integration.hosts.network import MICROSOFT, Network
from tests.simulator.control import Simulator

KEYS = Path("keys/encryption.json")
PORT = 8443
STOP_SECONDS = 60
LAST_CHARACTERS = 3000
BAD_SIGNS = ("Traceback", "run.broke")


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

    def ready(self) -> bool:
        """Ask the web server here, from another host, whether all is ready."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        url = f"https://{self.network.address(self.name)}:{PORT}/readyz"
        try:
            with (
                self.network.inside(MICROSOFT),
                urlopen(url, context=context, timeout=20) as answer,
            ):
                return bool(answer.status == HTTPStatus.OK)
        except URLError:  # 503, or nobody listens yet
            return False

    def said(self, part: str) -> Path:
        """Return the file with all that a part wrote to stdout and stderr."""
        return self.home / f"{part}.said"

    def last_said(self, part: str) -> str:
        """Return the last lines that a part said."""
        return self.said(part).read_text()[-LAST_CHARACTERS:]

    def check_log(self, part: str) -> None:
        """Assert that a part said sentences only, and that nothing broke."""
        said = self.said(part).read_text()
        for sign in BAD_SIGNS:
            assert sign not in said, said

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
    listen = f'listen = "{network.address(name)}:{PORT}"\n'
    settings = f"worker_slots = 3\n{listen}{cloud_settings(simulator)}"
    (home / "rollcall.toml").write_text(settings)
    host = Host(network, name, home, url)
    try:
        yield host
    finally:
        network.mend(name)  # a part that is cut off takes its time to stop
        host.stop()
