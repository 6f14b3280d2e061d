"""Keys of a backup: which ones its secrets need, whether they are here, and taking them over."""

from pathlib import Path

import msgspec

from rollcall.core.errors import SetupError
from rollcall.credentials.keyfile import adopt_keys, install_key_file, key_check, read_key_ring
from rollcall.credentials.sealing import KeyRing
from rollcall.integrations.sealed_operations import count_sealed
from rollcall.wiring.machine import Machine

GUIDE = "back-up-drill.md"
NO_KEYS = KeyRing(current="", keys={})


class KeyNeed(msgspec.Struct, frozen=True):
    """A key that so many secrets are sealed with; `check` tells it from another of its name."""

    name: str
    check: str
    secrets: int


def needed_keys(machine: Machine) -> tuple[tuple[KeyNeed, ...], int]:
    """Return the keys that the database's secrets need, and how many secrets no key here opens."""
    ring = read_key_ring(machine.environment.encryption_key_file) or NO_KEYS
    counts = count_sealed(ring)
    needs = (
        KeyNeed(name, key_check(ring.keys[name]), counts.sealed_with(name))
        for name in sorted(counts.opened)
    )
    return tuple(needs), counts.total_lost


def missing_keys(file: Path, needs: tuple[KeyNeed, ...], *, given: Path | None) -> list[KeyNeed]:
    """Return the keys that are neither in this machine's file nor in the one that was given.

    Raises SetupError where a needed key cannot stand beside another one of its name.
    """
    here, there = _rings(file, given)
    wanted = [need for need in needs if not _holds(here, need)]
    missing = [need for need in wanted if not _holds(there, need)]
    clashing = [need.name for need in wanted if need not in missing and need.name in here.keys]
    if clashing:
        raise SetupError(
            f"{file} holds another key by the name {clashing[0]}. Run “rollcall encryption "
            "rotate” here first, which gives this machine a key with a name of its own; or, if "
            "nothing is sealed with it yet, move the file away.",
            code="key-clash",
            help_page=GUIDE,
        )
    return missing


def take_keys(file: Path, needs: tuple[KeyNeed, ...], *, given: Path | None) -> tuple[str, ...]:
    """Put the needed keys of the given file into this machine's; return their names.

    Where there is no file yet, the given one becomes it. None is ever overwritten.
    """
    here, there = _rings(file, given)
    wanted = {
        need.name: there.keys[need.name]
        for need in needs
        if not _holds(here, need) and _holds(there, need)
    }
    if not wanted:
        return ()
    if here is not NO_KEYS or not install_key_file(file, there):
        adopt_keys(file, wanted)
    return tuple(sorted(wanted))


def _rings(file: Path, given: Path | None) -> tuple[KeyRing, KeyRing]:
    there = read_key_ring(given) if given is not None else None
    return read_key_ring(file) or NO_KEYS, there or NO_KEYS


def _holds(ring: KeyRing, need: KeyNeed) -> bool:
    return need.name in ring.keys and key_check(ring.keys[need.name]) == need.check
