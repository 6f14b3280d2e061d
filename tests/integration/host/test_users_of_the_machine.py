"""Which user PostgreSQL runs as, and where its files go when that user is shut out."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.host.machine import Machine, ask, leave, said, tell

from rollcall.host.binaries import find_binaries
from rollcall.host.cluster import make_cluster, remember_cluster
from rollcall.host.errors import DatabaseServerError
from rollcall.host.service_user import ServiceUser, choose_user, user_by_id

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")


@pytest.fixture
def somebody() -> ServiceUser:
    """A user with a name who is neither root nor the one that PostgreSQL gets by itself."""
    entry = pwd.getpwnam("daemon")
    return ServiceUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


@pytest.fixture
def small_disk(directory: Path) -> Iterator[Path]:
    disk = directory / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=20m,mode=755", "none", str(disk)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip("no file system can be mounted here to be filled up")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


class TestOrdinaryUser:
    @pytest.mark.skipif(os.geteuid() == 0, reason="root runs PostgreSQL as somebody else")
    def test_it_runs_the_server_itself(self, machine: Machine) -> None:
        with machine.database():
            assert machine.cluster.user.uid == os.geteuid()
            assert Path(f"/proc/{machine.server_pid}").stat().st_uid == os.geteuid()
        assert machine.home.stat().st_mode & 0o077 == 0

    @as_root
    @pytest.mark.parametrize(
        ("mode", "sentence"),
        [
            (0o711, "{home} belongs to the user root, and this is daemon. Run rollcall as that"),
            (0o700, "{home}/rollcall.toml cannot be read (Permission denied); run rollcall as the"),
        ],
    )
    def test_another_users_home_is_refused(
        self, machine: Machine, somebody: ServiceUser, mode: int, sentence: str
    ) -> None:
        machine.home.mkdir(mode=mode)
        with machine.user_process(uid=somebody.uid) as process:
            assert said(process).startswith(sentence.format(home=machine.home))

    @as_root
    def test_another_users_database_is_refused(
        self, machine: Machine, somebody: ServiceUser
    ) -> None:
        with machine.database():
            pass
        machine.home.chmod(0o777)
        for lock in machine.home.glob("database.*"):
            lock.chmod(0o666)
        with machine.user_process(uid=somebody.uid) as process:
            assert said(process) == (
                f"{machine.cluster.data} belongs to the user {machine.cluster.user.name}, and this "
                f"is {somebody.name}. Run rollcall as that user or as root, or set ROLLCALL_HOME "
                "to a directory of your own."
            )


@as_root
class TestRoot:
    def test_the_server_runs_as_a_user_without_rights(self, machine: Machine) -> None:
        with machine.database() as address:
            assert ask(address, "select 1") == (1,)
            assert Path(f"/proc/{machine.server_pid}").stat().st_uid == machine.cluster.user.uid
        assert machine.cluster.user.uid != 0
        assert machine.cluster.directory == machine.home / "database"

    def test_root_and_the_owner_of_a_home_share_a_server(
        self, machine: Machine, somebody: ServiceUser
    ) -> None:
        machine.home.mkdir()
        os.chown(machine.home, somebody.uid, somebody.gid)
        with machine.database() as address:
            assert machine.cluster.user == somebody
            pid = machine.server_pid
            with machine.user_process(uid=somebody.uid) as process:
                assert said(process) == "ready"
                assert machine.server_pid == pid
                leave(process)
            assert ask(address, "select 1") == (1,)
        with machine.user_process(uid=somebody.uid) as process:
            assert said(process) == "ready"
            leave(process)

    def test_a_closed_home_keeps_its_database_in_the_shelter(self, directory: Path) -> None:
        closed = directory / "closed"
        closed.mkdir(mode=0o700)
        machine = Machine(home=closed / "home", shelter=directory / "shelter")
        with machine.database() as address:
            assert ask(address, "select 1") == (1,)
        assert machine.cluster.directory.parent == machine.shelter
        assert not (machine.home / "database").exists()
        assert closed.stat().st_mode & 0o777 == 0o700

    def test_a_home_that_was_opened_since_keeps_its_database_where_it_is(
        self, directory: Path
    ) -> None:
        closed = directory / "closed"
        closed.mkdir(mode=0o700)
        machine = Machine(home=closed / "home", shelter=directory / "shelter")
        with machine.database():
            place = machine.cluster.directory
        closed.chmod(0o755)
        with machine.database():
            assert machine.cluster.directory == place

    def test_a_home_that_was_emptied_does_not_get_the_old_database_back(
        self, directory: Path
    ) -> None:
        closed = directory / "closed"
        closed.mkdir(mode=0o700)
        machine = Machine(home=closed / "home", shelter=directory / "shelter")
        with machine.database() as address:
            tell(address, "create table secret (sealed bytea)")
            place = machine.cluster.directory
        shutil.rmtree(machine.home)
        with machine.database() as address:
            assert ask(address, "select to_regclass('secret')::text") == (None,)
        assert (place / "data").is_dir()

    def test_a_home_that_was_closed_since_is_named(self, directory: Path) -> None:
        parent = directory / "parent"
        parent.mkdir()
        parent.chmod(0o755)
        machine = Machine(home=parent / "home", shelter=directory / "shelter")
        with machine.database():
            pass
        parent.chmod(0o700)
        with (
            pytest.raises(DatabaseServerError, match=r"cannot get into .*/data\. Let everybody"),
            machine.database(),
        ):
            pass
        assert not machine.shelter.exists()

    def test_without_any_place_to_write_both_are_named(self, directory: Path) -> None:
        closed = directory / "closed"
        closed.mkdir(mode=0o700)
        machine = Machine(home=closed / "home", shelter=closed / "shelter")
        with (
            pytest.raises(DatabaseServerError, match=r"can write neither in .* nor in .*shelter"),
            machine.database(),
        ):
            pass

    def test_programs_that_the_user_cannot_reach_are_copied(
        self, directory: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        closed = directory / "closed"
        closed.mkdir(mode=0o700)
        installed = Path(find_binaries(None, user_by_id(0), shelter=machine.shelter).directory)
        package = installed.parent.parent
        shutil.copytree(package, closed / package.name)
        libraries = package.with_name(f"{package.name}.libs")
        shutil.copytree(libraries, closed / libraries.name)
        monkeypatch.syspath_prepend(str(closed))

        machine.home.mkdir()
        user = choose_user(machine.home)
        binaries = find_binaries(None, user, shelter=machine.shelter)
        assert binaries.directory.is_relative_to(machine.shelter / "postgres")
        remember_cluster(make_cluster(machine.home, user, binaries, shelter=machine.shelter))
        with machine.database() as address:
            assert ask(address, "select 1") == (1,)
            program = Path(f"/proc/{machine.server_pid}/exe").readlink()
        assert program.is_relative_to(machine.shelter)
        assert not list((machine.shelter / "postgres").glob(".copy-*"))

    def test_a_full_disk_is_told_and_leaves_nothing_half_made(
        self, small_disk: Path, directory: Path
    ) -> None:
        machine = Machine(home=small_disk / "home", shelter=directory / "shelter")
        with pytest.raises(DatabaseServerError, match="The disk is full"), machine.database():
            pass
        assert list(machine.home.glob("database/*")) == []
