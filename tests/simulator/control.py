"""A client of the simulator's control interface: starts it, steers it, reads the truth.

    with Simulator.started(tmp_path, "people:100:5") as simulator:
        directory = simulator.directories[0]
        application = directory.applications[0]
        application.upload(certificate_pem)
        directory.change(op("disable", user="..."))
        simulator.fault("throttle", path="/users/delta", retry_after=1)

It knows nothing of Graph: what the simulator says to the product is seen by the product alone.
"""

import contextlib
import http.client
import json
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import Struct

from tests.simulator.shown import (
    ApplicationInfo,
    CertificateInfo,
    DirectoryInfo,
    ExchangeSeen,
    FaultSeen,
    GroupTruth,
    KeysInfo,
    MailboxTruth,
    RequestSeen,
    SignedIn,
    UserTruth,
)

T = TypeVar("T")
START_SECONDS = 120
STOP_SECONDS = 10
CALL_SECONDS = 120
ANY_PORT = "127.0.0.1:0"
LOG_FILE = "sim.log"
"""In the home directory: what the simulator complains about, its own defects for instance."""


class ControlCallError(Exception):
    """The simulator would not do what it was asked."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


class _State(Struct, frozen=True):
    login: str
    graph: str
    control: str
    ca_file: str
    pid: int
    cloud: str


class _Requests(Struct, frozen=True):
    last: int
    requests: tuple[RequestSeen, ...]


def op(kind: str, /, **fields: object) -> dict[str, object]:
    """Write one change for `Directory.change`: op("update_user", user=…, set={…})."""
    return {"op": kind, **fields}


@dataclass(frozen=True, slots=True)
class Wire:
    """Calls of the control interface."""

    url: str

    def call(self, kind: type[T], method: str, path: str, body: object = None) -> T:
        """Do one call and read the answer."""
        content = body.encode() if isinstance(body, str) else json.dumps(body or {}).encode()
        host = urlsplit(self.url)
        connection = http.client.HTTPConnection(
            host.hostname or "", host.port, timeout=CALL_SECONDS
        )
        with contextlib.closing(connection):
            connection.request(method, path, body=content)
            response = connection.getresponse()
            answer = response.read()
        if response.status != http.client.OK:
            raise ControlCallError(response.status, json.loads(answer)["error"])
        return msgspec.json.decode(answer, type=kind)

    def do(self, method: str, path: str, body: object = None) -> None:
        """Do one call whose answer does not matter."""
        self.call(dict[str, Any], method, path, body)


@dataclass(frozen=True, slots=True)
class Application:
    """An app registration to steer."""

    wire: Wire
    directory_id: str
    info: ApplicationInfo

    @property
    def application_id(self) -> str:
        """The client id."""
        return self.info.application_id

    @property
    def _path(self) -> str:
        return f"/directories/{self.directory_id}/applications/{self.application_id}"

    def upload(self, certificate_pem: str) -> CertificateInfo:
        """Upload a certificate, as an administrator does in the portal."""
        return self.wire.call(
            CertificateInfo, "POST", f"{self._path}/certificates", certificate_pem
        )

    def remove_certificate(self, thumbprint: str) -> None:
        """Take a certificate away, by either thumbprint."""
        self.wire.do("DELETE", f"{self._path}/certificates/{thumbprint}")

    def set_roles(self, *roles: str) -> None:
        """Grant exactly these application permissions; tokens already issued keep theirs."""
        self.wire.do("PATCH", self._path, {"roles": roles})

    def set_enabled(self, *, enabled: bool) -> None:
        """Switch the application on or off."""
        self.wire.do("PATCH", self._path, {"enabled": enabled})

    def register(self, *redirect_uris: str, **settings: object) -> None:
        """Register exactly these redirect URIs; logout_url=, optional_claims=, delegated=,
        assignment_required=, assigned= (object ids) are set along with them.
        """
        self.wire.do("PATCH", self._path, {"redirect_uris": redirect_uris, **settings})

    def grant_in_exchange(self, role: str, mailboxes: Iterable[str] | None = None) -> None:
        """Assign a role in Exchange, not in the token, for some mailboxes (object ids) or all."""
        chosen = None if mailboxes is None else list(mailboxes)
        self.wire.do("PATCH", self._path, {"mailbox_grants": [{"role": role, "mailboxes": chosen}]})


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory to change and to look into."""

    wire: Wire
    info: DirectoryInfo

    @property
    def directory_id(self) -> str:
        """The directory (tenant) id."""
        return self.info.directory_id

    @property
    def name(self) -> str:
        """The directory's name."""
        return self.info.name

    @property
    def applications(self) -> tuple[Application, ...]:
        """The app registrations it had when this was read; the first one comes with it."""
        return tuple(
            Application(self.wire, self.directory_id, one) for one in self.info.applications
        )

    @property
    def _path(self) -> str:
        return f"/directories/{self.directory_id}"

    def add_application(self, name: str, *roles: str) -> Application:
        """Register an application with these application permissions."""
        info = self.wire.call(
            ApplicationInfo, "POST", f"{self._path}/applications", {"name": name, "roles": roles}
        )
        return Application(self.wire, self.directory_id, info)

    def change(self, *operations: dict[str, object]) -> list[dict[str, Any]]:
        """Make changes in order and return the ids of what they were about."""
        answer = self.wire.call(
            dict[str, list[dict[str, Any]]],
            "POST",
            f"{self._path}/changes",
            {"changes": operations},
        )
        return answer["results"]

    def evolve(self, *, seed: int | str = 1, **amounts: int) -> list[dict[str, Any]]:
        """Let a day pass: joins=, leaves=, renames=, disables=, phone_changes=, photo_changes=,
        contact_changes= say how often; returns the changes that were made.
        """
        answer = self.wire.call(
            dict[str, list[dict[str, Any]]],
            "POST",
            f"{self._path}/evolve",
            {"seed": seed, **amounts},
        )
        return answer["changes"]

    def users(
        self,
        *,
        select: Iterable[str] = (),
        show: str = "properties,mailbox,photo",
        life: str = "live",
    ) -> tuple[UserTruth, ...]:
        """Return the users: life is live, deleted or all; less to show is faster."""
        query = f"show={show}&life={life}&select={','.join(select)}"
        answer = self.wire.call(
            dict[str, tuple[UserTruth, ...]], "GET", f"{self._path}/users?{query}"
        )
        return answer["users"]

    def user(self, name: str) -> UserTruth:
        """Return one user by object id, principal name or mail address."""
        return self.wire.call(UserTruth, "GET", f"{self._path}/users/{quote(name, safe='')}")

    def mailbox(self, user: str) -> MailboxTruth:
        """Return what is in somebody's mailbox."""
        path = f"{self._path}/users/{quote(user, safe='')}/contacts"
        return self.wire.call(MailboxTruth, "GET", path)

    def groups(self) -> tuple[GroupTruth, ...]:
        """Return the groups."""
        answer = self.wire.call(dict[str, tuple[GroupTruth, ...]], "GET", f"{self._path}/groups")
        return answer["groups"]

    def expire_delta_tokens(self, **which: object) -> None:
        """Declare delta tokens lost: users=, contacts=, next_links= (bool) say which, status=,
        code=, with_location= what is answered.
        """
        self.wire.do("POST", f"{self._path}/expire_delta_tokens", which)

    def limit_certificates(self, days: int | None) -> None:
        """Refuse certificates valid for longer, as an app management policy does."""
        self.wire.do("PATCH", self._path, {"max_certificate_days": days})

    def set_user_consent(self, way: str) -> None:
        """Say whether people consent by themselves: silent, asked or disabled."""
        self.wire.do("PATCH", self._path, {"user_consent": way})

    def keys(self) -> KeysInfo:
        """Return which key signs id tokens and which are published."""
        return self.wire.call(KeysInfo, "GET", f"{self._path}/keys")

    def change_keys(self, do: str) -> KeysInfo:
        """Do something to the keys: own, share, announce, rotate, retire, swap."""
        return self.wire.call(KeysInfo, "POST", f"{self._path}/keys", {"do": do})

    def remove(self) -> None:
        """Remove the directory with all that is in it."""
        self.wire.do("DELETE", self._path)


class Simulator:
    """A running simulator."""

    def __init__(self, home: Path, process: "subprocess.Popen[str] | None" = None) -> None:
        state = msgspec.json.decode((home / "sim.json").read_bytes(), type=_State)
        self.home = home
        self.login = state.login
        """`https://127.0.0.1:PORT`"""
        self.graph = state.graph
        self.ca_file = Path(state.ca_file)
        self.cloud = state.cloud
        self.pid = state.pid
        self._wire = Wire(state.control)
        self._process = process

    @classmethod
    @contextlib.contextmanager
    def started(
        cls,
        home: Path,
        *directories: str,
        cloud: str = "global",
        ports: tuple[str, str, str] | None = None,
    ) -> "Iterator[Simulator]":
        """Run a simulator for as long as the block lasts; ports are any free ones unless given."""
        login, graph, control = ports or (ANY_PORT, ANY_PORT, ANY_PORT)
        command = [sys.executable, "-m", "m365sim", "serve", "--home", str(home), "--cloud", cloud]
        command += ["--login", login, "--graph", graph, "--control", control]
        for spec in directories:
            command += ["--directory", spec]
        home.mkdir(parents=True, exist_ok=True)
        with (home / LOG_FILE).open("w") as log:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            _await_ready(process, home / LOG_FILE)
            yield cls(home, process)
        finally:
            _end(process)

    @property
    def directories(self) -> tuple[Directory, ...]:
        """All directories, read anew."""
        state = self._wire.call(dict[str, msgspec.Raw], "GET", "/state")
        infos = msgspec.json.decode(state["directories"], type=tuple[DirectoryInfo, ...])
        return tuple(Directory(self._wire, info) for info in infos)

    def directory(self, name: str) -> Directory:
        """Return a directory by id or domain."""
        info = self._wire.call(DirectoryInfo, "GET", f"/directories/{name}")
        return Directory(self._wire, info)

    def add_directory(self, spec: str = "", **values: object) -> Directory:
        """Make a directory: a spec like "people:100:5", or name=, people=, contacts= and so on."""
        body = {"spec": spec} if spec else values
        info = self._wire.call(DirectoryInfo, "POST", "/directories", body)
        return Directory(self._wire, info)

    def fault(
        self,
        kind: str,
        *,
        path: str | None = None,
        host: str = "graph",
        method: str | None = None,
        directory: str | None = None,
        in_batch: bool | None = None,
        nth: int | None = None,
        times: int | None = 1,
        after: int = 0,
        **options: object,
    ) -> int:
        """Switch a fault on and return its number; `path` is a pattern, times=None is for ever."""
        match = {
            "host": host,
            "path": path,
            "method": method,
            "directory": directory,
            "in_batch": in_batch,
            "nth": nth,
        }
        body = {"fault": kind, "match": match, "times": times, "after": after, **options}
        return self._wire.call(FaultSeen, "POST", "/faults", body).id

    def bend_id_token(
        self, *, directory: str | None = None, times: int | None = 1, **options: Any
    ) -> int:
        """Let the next id token be wrong: claims=, remove=, shift=, prepend=, append=, raw=,
        header=, alg=, signed_by=, signature=, size=, token=, missing=.
        """
        return self.fault(
            "id_token", host="login", path="/token$", directory=directory, times=times, **options
        )

    def bend_discovery(
        self, name: str, value: object, *, directory: str | None = None, times: int | None = 1
    ) -> int:
        """Let a member of the discovery document be another one: issuer, token_endpoint …"""
        return self.fault(
            "mangle",
            host="login",
            path="/openid-configuration$",
            directory=directory,
            times=times,
            target=f"/{name}",
            value=value,
        )

    def bend_keys(
        self, kind: str, *, directory: str | None = None, times: int | None = 1, **options: Any
    ) -> int:
        """Let the keys endpoint misbehave: delay (seconds=), status (status=, body=), close …"""
        return self.fault(
            kind,
            host="login",
            path="/discovery/v2.0/keys$",
            directory=directory,
            times=times,
            **options,
        )

    def sign_in(self, url: str, user: str, *, sid: str = "") -> SignedIn:
        """Sign somebody in at an authorize address without a browser; object id or name."""
        body = {"url": url, "user": user, "sid": sid}
        return self._wire.call(SignedIn, "POST", "/sign_in", body)

    def faults(self) -> tuple[FaultSeen, ...]:
        """Return the faults that are on."""
        answer = self._wire.call(dict[str, tuple[FaultSeen, ...]], "GET", "/faults")
        return answer["faults"]

    def hits(self, fault: int) -> int:
        """Return how often a fault struck."""
        return next(one.hits for one in self.faults() if one.id == fault)

    def clear_faults(self, fault: int | None = None) -> None:
        """Switch all faults off, or one."""
        self._wire.do("DELETE", "/faults" if fault is None else f"/faults/{fault}")

    def set_clock(self, offset_seconds: float) -> None:
        """Set how far the simulator's clock is ahead."""
        self._wire.do("PUT", "/clock", {"offset_seconds": offset_seconds})

    def set(self, **settings: object) -> None:
        """Set some settings; docs/reference/simulator.md lists them."""
        self._wire.do("PUT", "/settings", settings)

    def revoke_tokens(self) -> None:
        """Refuse all access tokens issued until now."""
        self._wire.do("POST", "/revoke_tokens")

    def last_request(self) -> int:
        """Return the number of the newest request, for `requests(since=…)`."""
        return self._wire.call(_Requests, "GET", f"/requests?since={2**62}").last

    def requests(
        self, *, since: int = 0, host: str | None = None, directory: str | None = None
    ) -> tuple[RequestSeen, ...]:
        """Return the log after a number."""
        seen = self._wire.call(_Requests, "GET", f"/requests?since={since}").requests
        return tuple(
            one for one in seen if host in (None, one.host) and directory in (None, one.directory)
        )

    @contextlib.contextmanager
    def recording(self) -> Iterator[list[ExchangeSeen]]:
        """Record all exchanges of a block; the list is filled at its end."""
        found: list[ExchangeSeen] = []
        self._wire.do("PUT", "/recording", {"on": True})
        try:
            yield found
        finally:
            self._wire.do("PUT", "/recording", {"on": False})
            answer = self._wire.call(dict[str, list[ExchangeSeen]], "GET", "/recording")
            found += answer["exchanges"]

    def reset(self, *, directories: bool = False) -> None:
        """Forget faults, settings, clock and log; directories too, when said so."""
        self._wire.do("POST", "/reset?directories=1" if directories else "/reset")

    def kill(self) -> None:
        """End the process at once, as a crash does."""
        if self._process is not None:
            self._process.kill()


def _await_ready(process: "subprocess.Popen[str]", log: Path) -> None:
    """Wait for the line that says it is ready; raise with what it said instead."""
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        ready = selector.select(START_SECONDS)
    line = process.stdout.readline() if ready else ""
    if not line.startswith("m365sim:"):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        raise RuntimeError(f"m365sim did not start: {line}{log.read_text()}")


def _end(process: "subprocess.Popen[str]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
