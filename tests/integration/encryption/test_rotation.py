"""Keys are exchanged while everything goes on, on one machine and on several."""

import shutil
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import msgspec
import psycopg
import pytest

from rollcall.core.errors import SetupError
from rollcall.credentials.keyfile import add_key, load_key_ring, use_key
from rollcall.fleet.operations import Identity, beat
from rollcall.wiring.encryption import (
    LOCK,
    KeyUse,
    Rotation,
    add_encryption_key,
    drop_encryption_key,
    key_status,
    rotate_encryption_keys,
)
from rollcall.wiring.machine import Machine
from tests.integration.conftest import MakeSite
from tests.sites import Site

SPEC = "people:4,guests=0,disabled=0"
ACTOR = "test"
SLUGS = ("first", "second")


@pytest.fixture
def machine(machine: Machine, tmp_path: Path) -> Machine:
    """A machine with a key file of its own."""
    return with_keys(machine, tmp_path / "encryption.json")


@pytest.fixture
def sites(new_site: MakeSite) -> list[Site]:
    """Tenants that have a key pair and a token each."""
    sites = [new_site(f"{SPEC},name={slug}", slug=slug, photos=False) for slug in SLUGS]
    for site in sites:
        site.sync()
    return sites


def with_keys(machine: Machine, path: Path) -> Machine:
    """Return the machine with another key file."""
    environment = msgspec.structs.replace(machine.environment, encryption_key_file=path)
    return Machine(environment=environment, conninfo=machine.conninfo)


def key_file(machine: Machine) -> Path:
    return machine.environment.encryption_key_file


def rotate(machine: Machine, sleep: Callable[[float], None] = lambda _: None) -> Rotation:
    return rotate_encryption_keys(machine, actor=ACTOR, sleep=sleep)


def uses(machine: Machine) -> list[KeyUse]:
    return list(key_status(machine).keys)


def token_requests(site: Site) -> int:
    seen = site.simulator.requests(host="login")
    return sum(each.path.endswith("/oauth2/v2.0/token") for each in seen)


def stranger(host: str = "elsewhere", version: str = "0.0.1") -> Identity:
    return Identity(id=uuid4(), kind="worker", host=host, pid=1, version=version)


def test_everything_is_sealed_with_a_new_key_and_the_old_one_is_gone(
    machine: Machine, sites: list[Site]
) -> None:
    (before,) = uses(machine)

    rotation = rotate(machine)

    (after,) = uses(machine)
    assert (before.private_keys, before.tokens) == (2, 2)
    assert after == KeyUse(rotation.key, "current", 2, 2)
    assert rotation.key != before.name
    assert (rotation.sealed, rotation.dropped, rotation.lost) == (4, (before.name,), 0)
    assert (rotation.kept, rotation.because) == ((), ())


def test_a_sync_after_a_rotation_goes_on_with_its_token_and_its_key_pair(
    machine: Machine, sites: list[Site]
) -> None:
    asked = token_requests(sites[0])

    rotate(machine)
    sites[0].sync()
    kept = token_requests(sites[0])
    sites[0].simulator.revoke_tokens()
    sites[0].sync()

    assert kept == asked
    assert token_requests(sites[0]) == asked + 1


def test_a_key_that_was_added_is_used_by_the_next_rotation(
    machine: Machine, sites: list[Site]
) -> None:
    added = add_encryption_key(machine, actor=ACTOR)

    with pytest.raises(SetupError, match=f"{added} was added and is not used yet"):
        add_encryption_key(machine, actor=ACTOR)
    waiting = uses(machine)[-1]
    rotation = rotate(machine)

    assert waiting == KeyUse(added, "waiting", 0, 0)
    assert rotation.key == added
    assert [use.name for use in uses(machine)] == [added]


def test_a_key_that_is_needed_is_not_dropped(machine: Machine, sites: list[Site]) -> None:
    (old,) = uses(machine)
    new = add_encryption_key(machine, actor=ACTOR)

    for name, words in ((old.name, "current key"), ("k9", "holds no key")):
        with pytest.raises(SetupError, match=words):
            drop_encryption_key(machine, name, actor=ACTOR)
    drop_encryption_key(machine, new, actor=ACTOR)

    assert uses(machine) == [old]


def test_a_key_that_something_is_sealed_with_is_not_dropped(
    machine: Machine, sites: list[Site]
) -> None:
    (old,) = uses(machine)
    _stop_after_the_change_of_key(machine)

    with pytest.raises(SetupError, match="4 secrets are sealed with"):
        drop_encryption_key(machine, old.name, actor=ACTOR)

    assert old.name in {use.name for use in uses(machine)}


def test_a_rotation_beside_other_machines_asks_for_the_key_to_be_copied_first(
    machine: Machine, sites: list[Site]
) -> None:
    beat(stranger())
    before = uses(machine)

    with pytest.raises(SetupError, match="Other machines work on this database, too: elsewhere"):
        rotate(machine)

    assert uses(machine) == before


def test_three_steps_exchange_the_key_of_several_machines(
    machine: Machine, sites: list[Site], tmp_path: Path
) -> None:
    beat(stranger())
    other = with_keys(machine, tmp_path / "other.json")
    shutil.copy(key_file(machine), key_file(other))
    (old,) = uses(machine)

    new = add_encryption_key(machine, actor=ACTOR)
    shutil.copy(key_file(machine), key_file(other))
    first = rotate(machine)
    _renew_token_on(other, sites[0])
    sealed_elsewhere = uses(machine)
    second = rotate(other)
    drop_encryption_key(machine, old.name, actor=ACTOR)
    drop_encryption_key(other, old.name, actor=ACTOR)

    assert (first.key, first.dropped, first.kept) == (new, (), (old.name,))
    assert "a worker of version 0.0.1 is alive on elsewhere" in first.because
    assert sealed_elsewhere == [KeyUse(old.name, "older", 0, 1), KeyUse(new, "current", 2, 1)]
    assert (second.key, second.sealed) == (new, 1)
    assert load_key_ring(key_file(machine)) == load_key_ring(key_file(other))
    assert uses(other) == [KeyUse(new, "current", 2, 2)]


def test_a_run_that_goes_on_keeps_the_old_key_in_the_file(
    machine: Machine, sites: list[Site], conninfo: str
) -> None:
    (old,) = uses(machine)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(
            "UPDATE integrations_syncrun SET state = 'running', finished_at = NULL WHERE id = 1"
        )
        busy = rotate(machine)
        connection.execute(
            "UPDATE integrations_syncrun SET state = 'applied', finished_at = now() WHERE id = 1"
        )

    assert (busy.kept, busy.because) == ((old.name,), ("run 1 is going on",))
    drop_encryption_key(machine, old.name, actor=ACTOR)
    assert uses(machine) == [KeyUse(busy.key, "current", 2, 2)]


def test_a_rotation_that_was_ended_after_its_new_key_goes_on_with_it(
    machine: Machine, sites: list[Site]
) -> None:
    def end(_seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotate(machine, sleep=end)
    waiting = uses(machine)[-1]
    rotation = rotate(machine)

    assert waiting.state == "waiting"
    assert rotation.key == waiting.name
    assert len(uses(machine)) == 1


def test_a_rotation_that_was_ended_while_sealing_is_finished_with_the_same_key(
    machine: Machine, sites: list[Site]
) -> None:
    (old,) = uses(machine)
    new = _stop_after_the_change_of_key(machine)
    sites[0].sync()

    rotation = rotate(machine)

    assert (rotation.key, rotation.sealed, rotation.dropped) == (new, 4, (old.name,))
    assert uses(machine) == [KeyUse(new, "current", 2, 2)]


def test_what_no_key_opens_is_counted_and_left_as_it_is(
    machine: Machine, sites: list[Site], tmp_path: Path
) -> None:
    (old,) = uses(machine)
    other = with_keys(machine, tmp_path / "another.json")

    status = key_status(other)
    rotation = rotate(other)

    assert status.lost == (KeyUse(old.name, "lost", 2, 2),)
    assert (rotation.sealed, rotation.lost) == (0, 4)
    assert uses(machine) == [old]
    sites[0].sync()


def test_every_step_stands_in_the_audit_log(
    machine: Machine, sites: list[Site], conninfo: str
) -> None:
    added = add_encryption_key(machine, actor=ACTOR)
    drop_encryption_key(machine, added, actor=ACTOR)
    rotation = rotate(machine)

    with psycopg.connect(conninfo) as connection:
        entries = connection.execute(
            "SELECT action, subject, actor FROM audit_auditentry "
            "WHERE action LIKE 'encryption.%' AND tenant_id IS NULL ORDER BY id"
        ).fetchall()
    assert entries == [
        ("encryption.key_added", added, ACTOR),
        ("encryption.key_dropped", added, ACTOR),
        ("encryption.key_added", rotation.key, ACTOR),
        ("encryption.rotated", rotation.key, ACTOR),
    ]


def test_two_rotations_at_once_are_one_after_the_other(
    machine: Machine, sites: list[Site], conninfo: str
) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        with pytest.raises(SetupError, match="Another process is exchanging"):
            rotate(machine)
        connection.execute("SELECT pg_advisory_unlock(%s)", [LOCK])

    assert rotate(machine).sealed == 4


def _stop_after_the_change_of_key(machine: Machine) -> str:
    """Be killed once the new key is the current one; return its name."""
    name = add_key(key_file(machine))
    use_key(key_file(machine), name)
    return name


def _renew_token_on(machine: Machine, site: Site) -> None:
    """Have a machine ask for a new token, and seal it with the key that is current there."""
    site.simulator.revoke_tokens()
    Site(machine, site.simulator, site.directory, site.application, site.slug).sync()
