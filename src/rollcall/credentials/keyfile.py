"""The file of the keys that seal: made once, changed whole or not at all, never short of a key.

Whoever changes it holds a lock on its directory. The order of the keys is that in which they came,
so a key that stands after the current one was added and is not used yet.

A key's name is its own wherever it is carried: files of two machines can be put together. (Files
made by version 0.1 all begin with “k1”, so the check tells two keys of one name apart.)
"""

import base64
import fcntl
import hashlib
import os
import secrets
import stat
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from rollcall.credentials.sealing import KEY_BYTES, KeyRing, SealingError
from rollcall.credentials.secret import Secret

PRIVATE_FILE = 0o600
PRIVATE_DIRECTORY = 0o700
_CHECK_BYTES = 8
_NAME_BYTES = 4
_DRAFT = ".draft-"


class _KeyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    current: str
    keys: dict[str, str]


def load_key_ring(path: Path) -> KeyRing:
    """Return the keys of the file at `path`; the first caller makes it."""
    ring = read_key_ring(path)
    if ring is not None:
        return ring
    name = _new_name()
    install_key_file(path, KeyRing(current=name, keys={name: _new_key()}))
    return load_key_ring(path)


def read_key_ring(path: Path) -> KeyRing | None:
    """Return the keys of the file at `path`; None where there is no file. Raises SealingError."""
    try:
        content = msgspec.json.decode(path.read_bytes(), type=_KeyFile)
        keys = {name: _decode_key(value) for name, value in content.keys.items()}
    except FileNotFoundError:
        return None
    except (msgspec.DecodeError, ValueError) as error:
        raise SealingError(f"{path} is not a file of encryption keys: {error}") from None
    except OSError as error:
        raise SealingError(f"{path} cannot be read: {error.strerror}.") from None
    if content.current not in keys:
        raise SealingError(f"{path} names “{content.current}” as its current key but has it not.")
    return KeyRing(current=content.current, keys=keys)


def install_key_file(path: Path, ring: KeyRing) -> bool:
    """Make the file with the keys of `ring`; False if another process was faster with one."""
    with _plain_errors(path):
        _make_directory(path.parent)
        draft = _write_draft(path, ring)
        try:
            os.link(draft, path)
        except FileExistsError:
            return False
        finally:
            draft.unlink()
        _flush_directory(path.parent)
    return True


def waiting_key(ring: KeyRing) -> str | None:
    """Return the newest key that was added and is not used yet."""
    newest = list(ring.keys)[-1]
    return None if newest == ring.current else newest


def add_key(path: Path) -> str:
    """Add a new key that does not seal yet; return its name."""
    with _changed(path) as keys:
        name = _new_name()
        keys.ring = KeyRing(current=keys.ring.current, keys={**keys.ring.keys, name: _new_key()})
    return name


def use_key(path: Path, name: str) -> None:
    """Let the key be the one that seals from now on, and the newest."""
    with _changed(path) as keys:
        others = {each: key for each, key in keys.ring.keys.items() if each != name}
        keys.ring = KeyRing(current=name, keys={**others, name: _key(path, keys.ring, name)})


def drop_keys(path: Path, names: Collection[str]) -> None:
    """Take keys out of the file; raise SealingError rather than drop the current one."""
    with _changed(path) as keys:
        if keys.ring.current in names:
            raise SealingError(f"“{keys.ring.current}” is the current key of {path}.")
        rest = {each: key for each, key in keys.ring.keys.items() if each not in names}
        keys.ring = KeyRing(current=keys.ring.current, keys=rest)


def adopt_keys(path: Path, more: Mapping[str, Secret]) -> None:
    """Put keys of another file before those that are there; the current one stays it.

    Raises SealingError where a name means another key already.
    """
    with _changed(path) as keys:
        present = keys.ring.keys
        clashing = sorted(name for name, key in more.items() if present.get(name, key) != key)
        if clashing:
            raise SealingError(f"{path} holds another key by the name “{clashing[0]}”.")
        older = {name: key for name, key in more.items() if name not in present}
        keys.ring = KeyRing(current=keys.ring.current, keys={**older, **present})


def key_check(key: Secret) -> str:
    """Return what tells a key from another one and tells nothing of either."""
    return hashlib.sha256(b"rollcall key check\0" + key.reveal()).hexdigest()[: 2 * _CHECK_BYTES]


class _Keys:
    """The keys while they are changed."""

    def __init__(self, ring: KeyRing) -> None:
        self.ring = ring


@contextmanager
def _changed(path: Path) -> Iterator[_Keys]:
    """Have the keys of a file to change, and put them in place when the block ends well."""
    with _plain_errors(path):
        whole = path.resolve()  # a link to the file stays one
        lock = os.open(whole.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            ring = read_key_ring(path)
            if ring is None:
                raise SealingError(f"There is no file {path}.")
            keys = _Keys(ring)
            yield keys
            if keys.ring != ring or list(keys.ring.keys) != list(ring.keys):
                _replace(whole, keys.ring)
        finally:
            os.close(lock)


def _replace(path: Path, ring: KeyRing) -> None:
    _clear_drafts(path)
    draft = _write_draft(path, ring, like=path.stat())
    draft.replace(path)
    _flush_directory(path.parent)


def _write_draft(path: Path, ring: KeyRing, *, like: os.stat_result | None = None) -> Path:
    """Write the file beside its place: for its owner alone, or with mode and owner of another."""
    draft = path.with_name(f"{path.name}{_DRAFT}{secrets.token_hex(_NAME_BYTES)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(_encode(ring))
            _give(descriptor, like or path.parent.stat())
            if like is not None:
                os.fchmod(descriptor, stat.S_IMODE(like.st_mode))
            file.flush()
            os.fsync(descriptor)
    except BaseException:
        draft.unlink()
        raise
    return draft


def _make_directory(directory: Path) -> None:
    if not directory.is_dir():
        directory.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        _give(directory, directory.parent.stat())


def _give(file: Path | int, like: os.stat_result) -> None:
    """Let a file belong to whom another one does, as far as we may."""
    with suppress(PermissionError):
        os.chown(file, like.st_uid if os.geteuid() == 0 else -1, like.st_gid)


def _clear_drafts(path: Path) -> None:
    for draft in path.parent.glob(f"{path.name}{_DRAFT}*"):
        draft.unlink(missing_ok=True)  # of a process that was killed: its key was never used


def _flush_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _encode(ring: KeyRing) -> bytes:
    keys = {name: base64.b64encode(key.reveal()).decode() for name, key in ring.keys.items()}
    return msgspec.json.encode(_KeyFile(current=ring.current, keys=keys))


def _decode_key(text: str) -> Secret:
    key = base64.b64decode(text, validate=True)
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {len(key)} bytes, not {KEY_BYTES}")
    return Secret(key)


def _new_name() -> str:
    return f"k{secrets.token_hex(_NAME_BYTES)}"


def _new_key() -> Secret:
    return Secret(secrets.token_bytes(KEY_BYTES))


def _key(path: Path, ring: KeyRing, name: str) -> Secret:
    if name not in ring.keys:
        raise SealingError(f"{path} holds no key “{name}”.")
    return ring.keys[name]


@contextmanager
def _plain_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SealingError(f"{path} cannot be written: {error.strerror}.") from error
