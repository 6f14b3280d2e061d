"""The file of a backup: a tar of `database.dump` (pg_dump's) and `manifest.json`.

It is written whole or not at all, for its owner alone. The dump comes first, because what the
manifest says of it is known when it has been written; no room for a second copy is needed.
"""

import errno
import fcntl
import glob
import hashlib
import os
import secrets
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

import msgspec

from rollcall.core.errors import SetupError
from rollcall.host.files import flush_directory
from rollcall.wiring.key_transfer import KeyNeed

FORMAT = 1
DUMP, MANIFEST = "database.dump", "manifest.json"
PRIVATE = 0o600
CHUNK = 1 << 20
MOST_MANIFEST_BYTES = 1 << 20

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class DumpPart(msgspec.Struct, frozen=True):
    """What the manifest says of the dump."""

    bytes: int
    sha256: str


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a backup. `lost_secrets` opened with no key when it was made."""

    rollcall: str
    made_at: datetime
    postgresql: str
    migrations: tuple[str, ...]
    keys: tuple[KeyNeed, ...]
    lost_secrets: int
    tenants: int
    extensions: int
    contacts: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """manifest.json. A program reads files of its own `format` and of older ones."""

    format: int
    contents: Contents
    dump: DumpPart


class _AnyManifest(msgspec.Struct, frozen=True):
    format: int


@dataclass(frozen=True)
class Archive:
    """A backup file whose manifest has been read."""

    path: Path
    manifest: Manifest

    def check_dump(self) -> None:
        """Raise SetupError unless the dump is what the manifest says."""
        digest, size = hashlib.sha256(), 0
        for chunk in self.dump():
            digest.update(chunk)
            size += len(chunk)
        if DumpPart(size, digest.hexdigest()) != self.manifest.dump:
            raise _bad(self.path, "it is damaged: its checksum is another one")

    def dump(self) -> Iterator[bytes]:
        """Yield the dump, piece by piece."""
        with _readable(self.path) as tar, _member(self.path, tar, DUMP) as file:
            while chunk := file.read(CHUNK):
                yield chunk


def open_archive(path: Path) -> Archive:
    """Read the manifest of a backup file. Raises SetupError if it is none, or a newer one."""
    with _readable(path) as tar, _member(path, tar, MANIFEST) as file:
        text = file.read(MOST_MANIFEST_BYTES)
    try:
        if msgspec.json.decode(text, type=_AnyManifest).format > FORMAT:
            raise SetupError(
                f"{path} was written by a newer version of Rollcall, in a form that this one does "
                "not know. Install the newer version.",
                code="newer-backup",
            )
        return Archive(path, msgspec.json.decode(text, type=Manifest))
    except msgspec.DecodeError as error:
        raise _bad(path, f"its manifest cannot be read ({error})") from None


@contextmanager
def _readable(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(path, "r:") as tar:
            yield tar
    except tarfile.TarError as error:
        raise _bad(path, str(error)) from None
    except OSError as error:
        raise SetupError(f"{path} cannot be read: {error.strerror}.", code="read") from error


@contextmanager
def _member(path: Path, tar: tarfile.TarFile, name: str) -> Iterator[IO[bytes]]:
    try:
        file = tar.extractfile(name)
    except KeyError:
        file = None
    if file is None:
        raise _bad(path, f"there is no {name} in it")
    with file:
        yield file


def _bad(path: Path, why: str) -> SetupError:
    return SetupError(f"{path} is not a whole backup of Rollcall: {why}.", code="bad-backup")


class ArchiveDraft:
    """A backup file while it is written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, dump: IO[bytes]) -> DumpPart:
        """Write the dump to its end; return what the manifest is to say of it."""
        self._file.write(bytes(tarfile.BLOCKSIZE))  # for its header, which tells its size
        digest, size = hashlib.sha256(), 0
        while chunk := dump.read(CHUNK):
            self._file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
        self._pad(size)
        return DumpPart(size, digest.hexdigest())

    def finish(self, contents: Contents, part: DumpPart) -> None:
        """Write the manifest, and the header of the dump."""
        manifest = Manifest(format=FORMAT, contents=contents, dump=part)
        text = msgspec.json.format(msgspec.json.encode(manifest)) + b"\n"
        self._file.write(_header(MANIFEST, len(text), contents.made_at) + text)
        self._pad(len(text))
        self._file.write(bytes(2 * tarfile.BLOCKSIZE))
        self._file.seek(0)
        self._file.write(_header(DUMP, part.bytes, contents.made_at))

    def _pad(self, size: int) -> None:
        self._file.write(bytes(-size % tarfile.BLOCKSIZE))


def _header(name: str, size: int, made_at: datetime) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size
    info.mode = PRIVATE
    info.mtime = int(made_at.timestamp())
    return info.tobuf(tarfile.GNU_FORMAT)  # which holds any size in one block


@contextmanager
def new_archive(path: Path, *, replace: bool) -> Iterator[ArchiveDraft]:
    """Have a backup file to write: in its place, whole, once the block ends well, else nowhere.

    Raises SetupError for one that is there unless it may be replaced, and for a full disk.
    """
    with _write_errors(path):
        _refuse_place(path, replace=replace)
        _clear_drafts(path)
        draft = path.with_name(f".{path.name}.draft-{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
        try:
            with os.fdopen(descriptor, "r+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield ArchiveDraft(file)
                file.flush()
                os.fsync(descriptor)
                _refuse_place(path, replace=replace)
                draft.rename(path)
            flush_directory(path.parent)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise


def _refuse_place(path: Path, *, replace: bool) -> None:
    if not path.parent.is_dir():
        raise SetupError(f"There is no directory {path.parent} to write to.", code="no-directory")
    if path.exists() and not path.is_file():
        raise SetupError(f"{path} is not a file: name another one.", code="write")
    if path.exists() and not replace:
        raise SetupError(
            f"{path} is there already: name another file, or let this one be replaced (--force).",
            code="file-exists",
        )


def _clear_drafts(path: Path) -> None:
    """Remove what backups into the same file that were killed have left."""
    for draft in path.parent.glob(f".{glob.escape(path.name)}.draft-*"):
        with suppress(OSError), draft.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # nobody writes it any more
            draft.unlink()


@contextmanager
def _write_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = f"{error.strerror}. Nothing of the backup was kept."
        if error.errno in _NO_ROOM:
            why += " Make room, or name a file on another disk."
        raise SetupError(f"{path} could not be written: {why}", code="write") from error
