"""What is refused, with a sentence, and leaves everything as it was."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from rollcall.credentials.keyfile import load_key_ring
from rollcall.host.archive import CHUNK, DUMP, MANIFEST
from tests.integration.backup.homes import Company, Home, rows, tell
from tests.integration.commands.program import PROGRAM, Ended

BLOCK = 512


def rewritten(company: Company, name: str, **contents: object) -> Path:
    """Return a copy of the backup whose manifest says something else."""
    file = company.backup.with_name(name)
    data = bytearray(company.backup.read_bytes())
    place = data.index(MANIFEST.encode()) + BLOCK
    size = int(data[place - BLOCK + 124 : place - BLOCK + 135], 8)
    manifest = json.loads(data[place : place + size])
    for key, value in contents.items():
        part = manifest["contents"] if key in manifest["contents"] else manifest
        part[key] = value
    text = json.dumps(manifest).encode()
    assert len(text) <= size
    data[place : place + size] = text.ljust(size)
    file.write_bytes(data)
    return file


def test_a_backup_is_for_its_owner_alone_and_whole(company: Company) -> None:
    listed = subprocess.run(
        ["tar", "-tf", company.backup], capture_output=True, text=True, check=True
    )

    assert listed.stdout.split() == [DUMP, MANIFEST]
    assert company.backup.stat().st_mode & 0o777 == 0o600
    assert list(company.backup.parent.glob(".*draft*")) == []


def test_neither_keys_nor_tokens_are_in_a_backup_to_be_read(company: Company) -> None:
    content = company.backup.read_bytes()
    ring = load_key_ring(company.key_file)
    said = company.office.done("backup", company.backup, "--force")

    assert ring.keys[ring.current].reveal() not in content
    assert "The encryption keys are not in it" in said.out
    assert str(company.key_file) in said.out


def test_a_file_that_is_there_is_only_replaced_when_told_to(company: Company) -> None:
    file = company.backup.with_name("there.backup")
    file.write_text("mine")

    refusal = company.office.refused("backup", file)
    kept = file.read_text()
    company.office.done("backup", file, "--force")

    assert "is there already" in refusal
    assert kept == "mine"
    company.office.done("backup", "--check", file)


@pytest.mark.parametrize(
    ("name", "words"),
    [("nowhere/x.backup", "no directory"), (".", "directory"), ("x" * 300, "could not be written")],
)
def test_a_place_that_cannot_be_written_to_is_named(
    company: Company, name: str, words: str
) -> None:
    ended = company.office.run("backup", company.backup.parent / name)

    assert ended.code in {1, 2}
    assert words in ended.err


def test_a_full_disk_is_a_sentence_and_leaves_no_half_file(company: Company) -> None:
    before = sorted(company.backup.parent.iterdir())
    file = company.backup.with_name("full.backup")

    ended = _run_with_little_room(company, "backup", str(file))

    assert ended.code == 1
    assert f"{file} could not be written" in ended.err
    assert "Make room" in ended.err
    assert "Traceback" not in ended.err
    assert sorted(company.backup.parent.iterdir()) == before


def test_what_a_killed_backup_left_is_removed_by_the_next_one(company: Company) -> None:
    remains = company.backup.with_name(f".{company.backup.name}.draft-0000")
    remains.write_text("half")

    company.office.done("backup", company.backup, "--force")

    assert not remains.exists()


def test_an_empty_database_has_nothing_to_back_up(
    new_home: Callable[[str], Home], company: Company
) -> None:
    home = new_home("empty")

    assert "nothing to back up" in home.refused("backup", company.backup.with_name("e.backup"))


def test_a_whole_backup_is_found_whole_without_any_database(
    company: Company, new_home: Callable[[str], Home]
) -> None:
    home = new_home("looking")

    shown = home.done("backup", "--check", company.backup)

    assert "is whole: 1 tenant" in shown.out
    assert "which is not in" in shown.out
    assert not (home.path / "database").exists()


@pytest.mark.parametrize("position", [BLOCK + 1000, CHUNK // 4])
def test_one_changed_bit_is_found_out(company: Company, other: Home, position: int) -> None:
    file = company.backup.with_name("damaged.backup")
    data = bytearray(company.backup.read_bytes())
    data[position] ^= 1
    file.write_bytes(data)

    assert "is damaged: its checksum is another one" in other.refused("backup", "--check", file)


def test_a_damaged_backup_is_not_restored(company: Company, other: Home) -> None:
    file = company.backup.with_name("damaged.backup")
    data = bytearray(company.backup.read_bytes())
    data[BLOCK + 5000] ^= 1
    file.write_bytes(data)

    assert "is damaged" in other.refused("restore", file, "--replace")
    assert [tenant["slug"] for tenant in other.asked("tenant", "list")] == [company.slug]


@pytest.mark.parametrize("part", [0.1, 0.9])
def test_a_file_that_was_cut_is_found_out(company: Company, other: Home, part: float) -> None:
    file = company.backup.with_name("cut.backup")
    data = company.backup.read_bytes()
    file.write_bytes(data[: int(len(data) * part)])

    assert "is not a whole backup" in other.refused("backup", "--check", file)


def test_a_file_of_something_else_is_found_out(company: Company, other: Home) -> None:
    file = company.backup.with_name("letter.backup")
    file.write_text("Dear all")

    assert "is not a whole backup of Rollcall" in other.refused("restore", file, "--replace")


@pytest.mark.parametrize(
    "contents",
    [{"rollcall": "9.0.0"}, {"migrations": ["integrations.0099_of_tomorrow"]}, {"format": 2}],
    ids=str,
)
def test_a_backup_of_a_newer_version_is_refused(
    company: Company, other: Home, contents: dict[str, object]
) -> None:
    file = rewritten(company, "newer.backup", **contents)

    assert "newer" in other.refused("backup", "--check", file)


def test_a_backup_of_a_newer_version_is_not_restored(company: Company, other: Home) -> None:
    file = rewritten(company, "newer.backup", rollcall="9.0.0")

    refusal = other.refused("restore", file, "--replace")

    assert "made by Rollcall 9.0.0, which is newer than this program" in refusal


def test_missing_keys_are_named_and_nothing_is_restored(
    company: Company, new_home: Callable[[str], Home]
) -> None:
    home = new_home("keyless")
    (name,) = load_key_ring(company.key_file).keys

    bare = home.refused("restore", company.backup)
    home.done("doctor")
    wrong = home.refused("restore", company.backup, "--keys", home.key_file)
    before = home.key_file.read_bytes()
    restored = home.done("restore", company.backup, "--keys", company.key_file)

    assert f"not in {home.key_file}: {name}" in bare
    assert f"neither in {home.key_file} nor in {home.key_file}: {name}" in wrong
    assert f"Put into {home.key_file}: {name}" in restored.out
    after = load_key_ring(home.key_file)
    assert msgspec.json.decode(before)["current"] == after.current
    assert list(after.keys) == [name, after.current]
    assert home.asked("encryption", "status")["lost"] == []


def test_another_key_of_the_same_name_is_not_overwritten(
    company: Company, new_home: Callable[[str], Home]
) -> None:
    home = new_home("clash")
    key = json.loads(company.key_file.read_text())
    (name,) = key["keys"]
    home.key_file.parent.mkdir()
    other_key = {"current": name, "keys": {name: "A" * 43 + "="}}
    home.key_file.write_text(json.dumps(other_key))

    refusal = home.refused("restore", company.backup, "--keys", company.key_file)

    assert f"holds another key by the name {name}" in refusal
    assert "encryption rotate" in refusal
    assert json.loads(home.key_file.read_text()) == other_key


def test_without_keys_the_rest_is_restored_and_secrets_are_given_up(
    company: Company, new_home: Callable[[str], Home]
) -> None:
    home = new_home("lost")

    restored = home.asked("restore", company.backup, "--without-keys")
    keys = home.asked("m365", "key", "list", company.slug)

    assert restored["tenants_without_key_pair"] == [company.slug]
    assert [key["state"] for key in keys] == ["retired"]
    assert home.rows("SELECT FROM integrations_integration WHERE token_sealed IS NOT NULL") == []
    assert "no key pair" in home.refused("sync", "run", company.slug)
    certificate = home.path / "public_key.pem"
    home.done("m365", "key", "new", company.slug, "--out", certificate)
    company.site.application.upload(certificate.read_text())
    assert home.asked("sync", "run", company.slug)["state"] == "applied"


def test_a_database_that_a_service_uses_is_not_restored_over(company: Company, other: Home) -> None:
    with other.database() as conninfo:
        tell(
            conninfo,
            "INSERT INTO fleet_process (id, kind, host, pid, version) "
            "VALUES (gen_random_uuid(), 'worker', 'elsewhere', 7, '0.1.0')",
        )
    alive = other.run("restore", company.backup, "--replace")
    other.rows("DELETE FROM fleet_process RETURNING 1")

    assert alive.code == 1
    assert "in use: a worker on elsewhere (process 7)" in alive.err


def test_a_home_whose_database_others_hold_is_left_alone(company: Company, other: Home) -> None:
    with other.program.database() as conninfo:
        ended = other.program.run("restore", str(company.backup), "--replace")
        names = rows(conninfo, "SELECT datname FROM pg_database")

    assert ended.code == 1
    assert "The database is in use: process" in ended.err
    assert len(names) == 4


def _run_with_little_room(company: Company, *words: str) -> Ended:
    """Run a command that may write files of 50 KiB at most."""
    program = company.office.program
    ended = subprocess.run(
        ["sh", "-c", 'ulimit -f 100; exec "$0" "$@"', PROGRAM, *words],
        env={"PATH": "/usr/bin:/bin", "ROLLCALL_HOME": str(program.home)},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)
