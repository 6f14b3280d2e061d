"""The file of the keys: made once, changed whole, and never short of a key."""

import base64
import json
import os
import stat
import threading
from pathlib import Path

import pytest

from rollcall.credentials import keyfile
from rollcall.credentials.keyfile import (
    add_key,
    adopt_keys,
    drop_keys,
    install_key_file,
    key_check,
    load_key_ring,
    read_key_ring,
    use_key,
    waiting_key,
)
from rollcall.credentials.sealing import KeyRing, SealingError, seal, unseal
from rollcall.credentials.secret import Secret


def test_the_first_who_asks_makes_a_key_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "secrets.json"

    ring = load_key_ring(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert len(ring.keys[ring.current].reveal()) == 32
    assert load_key_ring(path) == ring
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_many_who_ask_at_once_get_the_same_key(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    rings: list[KeyRing] = []
    threads = [
        threading.Thread(target=lambda: rings.append(load_key_ring(path))) for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(rings) == 16
    assert all(ring == rings[0] for ring in rings)


def key_file(**content: object) -> str:
    return json.dumps(content)


KEY = base64.b64encode(b"1" * 32).decode()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not a file of encryption keys"),
        ("{", "is not a file of encryption keys"),
        ("[]", "is not a file of encryption keys"),
        (key_file(current="k1"), "is not a file of encryption keys"),
        (key_file(current="k1", keys={"k1": KEY}, more=1), "is not a file of encryption keys"),
        (key_file(current="k1", keys={"k1": "short"}), "is not a file of encryption keys"),
        (key_file(current="k1", keys={"k1": KEY[:20]}), "is not a file of encryption keys"),
        (key_file(current="k2", keys={"k1": KEY}), "names “k2” as its current key"),
    ],
)
def test_a_key_file_that_is_none_is_named_and_not_overwritten(
    tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "secrets.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(SealingError, match=words) as raised:
        load_key_ring(path)

    assert str(path) in str(raised.value)
    assert KEY not in str(raised.value)
    assert path.read_text(encoding="utf-8") == text


def test_a_key_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SealingError, match="cannot be read"):
        load_key_ring(tmp_path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A key file with one key."""
    path = tmp_path / "keys" / "encryption.json"
    load_key_ring(path)
    return path


def test_looking_for_a_key_file_makes_none(tmp_path: Path) -> None:
    assert read_key_ring(tmp_path / "encryption.json") is None
    assert list(tmp_path.iterdir()) == []


def test_keys_of_two_machines_have_different_names(tmp_path: Path) -> None:
    first, second = (load_key_ring(tmp_path / name) for name in ("first", "second"))

    assert first.current != second.current


def test_a_key_that_was_added_waits_until_it_is_used(path: Path) -> None:
    before = load_key_ring(path)

    name = add_key(path)
    added = load_key_ring(path)
    use_key(path, name)
    used = load_key_ring(path)

    assert (waiting_key(before), waiting_key(added), waiting_key(used)) == (None, name, None)
    assert (added.current, used.current) == (before.current, name)
    assert list(used.keys) == [before.current, name]
    assert used.keys[before.current] == before.keys[before.current]


def test_what_was_sealed_before_a_change_opens_after_it(path: Path) -> None:
    sealed = seal(load_key_ring(path), Secret(b"secret"), place="place")

    use_key(path, add_key(path))

    assert unseal(load_key_ring(path), sealed, place="place").reveal() == b"secret"


def test_a_key_is_dropped_and_the_current_one_never(path: Path) -> None:
    (old,) = load_key_ring(path).keys
    new = add_key(path)
    use_key(path, new)

    drop_keys(path, [old])

    assert list(load_key_ring(path).keys) == [new]
    with pytest.raises(SealingError, match="current key"):
        drop_keys(path, [new])


def test_a_key_that_is_not_there_cannot_be_used(path: Path) -> None:
    with pytest.raises(SealingError, match="holds no key “k9”"):
        use_key(path, "k9")


def test_keys_of_another_file_come_before_those_that_are_there(path: Path) -> None:
    (own,) = load_key_ring(path).keys

    adopt_keys(path, {"k1": Secret(b"1" * 32)})
    adopt_keys(path, {"k1": Secret(b"1" * 32)})

    ring = load_key_ring(path)
    assert (ring.current, list(ring.keys), waiting_key(ring)) == (own, ["k1", own], None)


def test_another_key_of_the_same_name_is_never_put_in_its_place(path: Path) -> None:
    adopt_keys(path, {"k1": Secret(b"1" * 32)})

    with pytest.raises(SealingError, match="another key by the name “k1”"):
        adopt_keys(path, {"k1": Secret(b"2" * 32), "k2": Secret(b"3" * 32)})

    assert load_key_ring(path).keys["k1"] == Secret(b"1" * 32)
    assert "k2" not in load_key_ring(path).keys


def test_a_file_that_is_there_is_not_installed_over(path: Path) -> None:
    before = load_key_ring(path)

    assert not install_key_file(path, KeyRing(current="k1", keys={"k1": Secret(b"1" * 32)}))

    assert load_key_ring(path) == before


def test_mode_and_owner_of_the_file_stay_and_nothing_is_left_beside_it(path: Path) -> None:
    path.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(path, 1234, 4321)
    before = path.stat()

    use_key(path, add_key(path))

    after = path.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (
        before.st_mode,
        before.st_uid,
        before.st_gid,
    )
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_link_to_the_file_stays_a_link(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(path)

    name = add_key(link)

    assert link.is_symlink()
    assert name in load_key_ring(path).keys


def test_many_who_add_keys_at_once_lose_none(path: Path) -> None:
    names: list[str] = []
    threads = [threading.Thread(target=lambda: names.append(add_key(path))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(names) <= set(load_key_ring(path).keys)
    assert len(load_key_ring(path).keys) == 13


def test_whoever_is_killed_while_writing_leaves_the_file_as_it_was(path: Path) -> None:
    before = path.read_bytes()
    child = os.fork()
    if child == 0:  # the file is written and not yet in its place
        keyfile._write_draft(path, load_key_ring(path))
        os.kill(os.getpid(), 9)
    os.waitpid(child, 0)
    left = [each for each in path.parent.iterdir() if each != path]

    load_key_ring(path)

    assert len(left) == 1
    assert path.read_bytes() == before
    add_key(path)
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_directory_that_cannot_be_written_to_is_named(path: Path) -> None:
    with pytest.raises(SealingError, match="cannot be written"):
        install_key_file(path / "keys" / "k.json", load_key_ring(path))


def test_a_check_tells_keys_apart_and_does_not_tell_them() -> None:
    one, other = Secret(b"1" * 32), Secret(b"2" * 32)

    assert key_check(one) == key_check(Secret(b"1" * 32)) != key_check(other)
    assert len(key_check(one)) == 16
