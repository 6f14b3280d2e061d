"""A small disk, which can be filled up and made bigger: a tmpfs over a directory."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.needs import need

FILLER = "filler"
MEGABYTE = 1 << 20
PIECES = (MEGABYTE, 1 << 12, 1)
ROOMY = 600
"""Megabytes that are enough for all."""


@dataclass(frozen=True)
class Volume:
    """A disk that is mounted at `place`."""

    place: Path

    def fill(self) -> None:
        """Leave not a byte free."""
        with (self.place / FILLER).open("ab", buffering=0) as filler:
            for size in PIECES:
                self._write_on(filler.fileno(), bytes(size))

    def make_room(self) -> None:
        """Give back what was filled up."""
        (self.place / FILLER).unlink()

    def leave(self, megabytes: int) -> None:
        """Have so many megabytes free from now on."""
        size = shutil.disk_usage(self.place).used + megabytes * MEGABYTE
        _run("mount", "-o", f"remount,size={size}", str(self.place))

    def _write_on(self, descriptor: int, piece: bytes) -> None:
        try:
            while os.write(descriptor, piece):
                pass
        except OSError:
            return


@contextmanager
def mounted(place: Path, *, megabytes: int = ROOMY) -> Iterator[Volume]:
    """Have a disk of so many megabytes for the block; skip the test where none can be had."""
    place.mkdir(exist_ok=True)
    options = f"size={megabytes}m,mode=755"
    made = _run("mount", "-t", "tmpfs", "-o", options, "rollcall-test", str(place), check=False)
    need(made.returncode == 0, f"the right to mount a tmpfs: {made.stderr}")
    try:
        yield Volume(place)
    finally:
        _run("umount", "--lazy", str(place))  # a server that was killed may still be in it


def _run(*command: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=check)
