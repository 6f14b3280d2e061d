"""Exchange the keys that seal secrets, while everything goes on.

A key is in the file before anything is sealed with it, and stays there until nothing is sealed
with it and nobody can seal with it any more. Whoever is killed in between leaves a file that opens
everything, and the next rotation goes on from there.
"""

import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec
from django.db import connection

from rollcall.audit.operations import note
from rollcall.core.errors import SetupError
from rollcall.credentials.keyfile import add_key, drop_keys, use_key, waiting_key
from rollcall.credentials.sealing import KeyRing
from rollcall.fleet.queries import ProcessView, living_processes
from rollcall.integrations.sealed_operations import (
    PRIVATE_KEYS,
    TOKENS,
    count_sealed,
    running_runs,
    seal_anew,
)
from rollcall.wiring.machine import Machine

GUIDE: Final = "encryption-keys.md"
LOCK: Final = 0x526F6C6C4B657973
"""Advisory lock (“RollKeys”): one process at a time exchanges keys."""

PAUSE: Final = 2.0
"""Seconds in which whoever has read the keys has sealed or opened what they read them for."""

PASSES: Final = 5

CURRENT, WAITING, OLDER = "current", "waiting", "older"


class KeyUse(msgspec.Struct, frozen=True):
    """A key by name, what it is there for, and how much it seals.

    `others` are second factors of accounts, and passwords of the mail server and of trunks.
    """

    name: str
    state: str
    private_keys: int
    tokens: int
    others: int = 0


class KeyStatus(msgspec.Struct, frozen=True):
    """The keys of this machine, and what no key of it opens (`lost`), by the name it says."""

    file: str
    keys: tuple[KeyUse, ...]
    lost: tuple[KeyUse, ...]


class Rotation(msgspec.Struct, frozen=True):
    """What a rotation did. `because` says why the keys of `kept` are still in the file."""

    file: str
    key: str
    sealed: int
    dropped: tuple[str, ...]
    kept: tuple[str, ...]
    because: tuple[str, ...]
    lost: int


def key_status(machine: Machine) -> KeyStatus:
    """Return the keys and what they seal."""
    ring = machine.key_ring()
    counts = count_sealed(ring)
    waiting = waiting_key(ring)
    states = {ring.current: CURRENT, waiting: WAITING}
    return KeyStatus(
        file=str(_file(machine)),
        keys=tuple(
            _use(name, states.get(name, OLDER), counts.opened.get(name, {})) for name in ring.keys
        ),
        lost=tuple(_use(name, "lost", kinds) for name, kinds in sorted(counts.lost.items())),
    )


def _use(name: str, state: str, kinds: Mapping[str, int]) -> KeyUse:
    private_keys, tokens = kinds.get(PRIVATE_KEYS, 0), kinds.get(TOKENS, 0)
    others = sum(kinds.values()) - private_keys - tokens
    return KeyUse(name, state, private_keys, tokens, others)


def add_encryption_key(machine: Machine, *, actor: str) -> str:
    """Add a key that seals nothing until the next rotation; return its name."""
    with _alone():
        waiting = waiting_key(machine.key_ring())
        if waiting is not None:
            raise SetupError(
                f"The key {waiting} was added and is not used yet. Copy {_file(machine)} to every "
                "machine, then “rollcall encryption rotate”.",
                code="key-waiting",
                help_page=GUIDE,
            )
        name = add_key(_file(machine))
        note(actor=actor, action="encryption.key_added", subject=name)
    return name


def rotate_encryption_keys(
    machine: Machine, *, actor: str, sleep: Callable[[float], None] = time.sleep
) -> Rotation:
    """Seal everything with a new key, or finish the rotation before, and drop what is not needed.

    The key is one that was added before, if there is one.
    """
    with _alone():
        name = _next_key(machine, actor, sleep)
        if name is not None:
            use_key(_file(machine), name)
        sealed = _seal_all(machine, sleep)
        rotation = _drop_unused(machine, sealed)
        note(
            actor=actor,
            action="encryption.rotated",
            subject=rotation.key,
            detail={"sealed": sealed, "dropped": rotation.dropped, "kept": rotation.kept},
        )
    return rotation


def _next_key(machine: Machine, actor: str, sleep: Callable[[float], None]) -> str | None:
    """Return the key to change to; None where everything need only be sealed with the current."""
    ring = machine.key_ring()
    waiting = waiting_key(ring)
    if waiting is not None or _is_unfinished(ring):
        return waiting
    _refuse_beside_other_machines(machine)
    name = add_key(_file(machine))
    note(actor=actor, action="encryption.key_added", subject=name)
    sleep(PAUSE)  # until everybody has read a file with the key, nothing may be sealed with it
    return name


def _is_unfinished(ring: KeyRing) -> bool:
    return any(name != ring.current for name in count_sealed(ring).opened)


def _refuse_beside_other_machines(machine: Machine) -> None:
    hosts = sorted({process.host for process in living_processes()} - {socket.gethostname()})
    if hosts:
        raise SetupError(
            f"Other machines work on this database, too: {', '.join(hosts)}. They could not open "
            "what is sealed with a key that they have not. First “rollcall encryption add”, copy "
            f"{_file(machine)} to each of them, then rotate.",
            code="other-machines",
            help_page=GUIDE,
        )


def _seal_all(machine: Machine, sleep: Callable[[float], None]) -> int:
    ring = machine.key_ring()
    sealed = seal_anew(ring)
    sleep(PAUSE)  # who read the keys before the change may have sealed with the older one since
    for _ in range(PASSES):
        more = seal_anew(ring)
        sealed += more
        if not more:
            break
    return sealed


def _drop_unused(machine: Machine, sealed: int) -> Rotation:
    ring = machine.key_ring()
    counts = count_sealed(ring)
    older = [name for name in ring.keys if name != ring.current]
    in_use = [name for name in older if counts.sealed_with(name)]
    because = [f"something is sealed with {name}" for name in in_use]
    because += _who_may_seal() if older else []
    dropped = [] if because else older
    if dropped:
        drop_keys(_file(machine), dropped)
    return Rotation(
        file=str(_file(machine)),
        key=ring.current,
        sealed=sealed,
        dropped=tuple(dropped),
        kept=tuple(older) if because else (),
        because=tuple(because),
        lost=counts.total_lost,
    )


def _who_may_seal() -> list[str]:
    """Say who may seal with an older key yet: other machines, other versions, runs going on."""
    own = (socket.gethostname(), version("rollcall"))
    strangers = [each for each in living_processes() if (each.host, each.version) != own]
    return [*map(_describe, strangers), *(f"run {run_id} is going on" for run_id in running_runs())]


def _describe(process: ProcessView) -> str:
    return f"a {process.kind} of version {process.version} is alive on {process.host}"


def drop_encryption_key(machine: Machine, name: str, *, actor: str) -> None:
    """Take a key out of the file, unless it is needed."""
    with _alone():
        ring = machine.key_ring()
        if name not in ring.keys:
            raise SetupError(
                f"{_file(machine)} holds no key “{name}”: “rollcall encryption status” lists them.",
                code="unknown-key",
                help_page=GUIDE,
            )
        _refuse_needed(ring, name)
        drop_keys(_file(machine), [name])
        note(actor=actor, action="encryption.key_dropped", subject=name)


def _refuse_needed(ring: KeyRing, name: str) -> None:
    if name == ring.current:
        raise SetupError(
            f"{name} is the current key: rotate first (“rollcall encryption rotate”).",
            code="key-in-use",
            help_page=GUIDE,
        )
    count = count_sealed(ring).sealed_with(name)
    if count:
        raise SetupError(
            f"{count} secrets are sealed with {name}: “rollcall encryption rotate” seals them "
            "anew.",
            code="key-in-use",
            help_page=GUIDE,
        )


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            raise SetupError(
                "Another process is exchanging encryption keys. Wait for its end.",
                code="keys-busy",
            )
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _file(machine: Machine) -> Path:
    return machine.environment.encryption_key_file
