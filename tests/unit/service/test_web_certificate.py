"""What is taken from the files of the certificate, and when something is said of them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from rollcall.environment import ConfigurationError, read_environment
from rollcall.service.web_certificate import SETTLE_SECONDS, CertificateWatch
from tests.clocks import FixedClock
from tests.pairs import Pair, new_pair


class Files:
    """An administrator's files, a watch on them, and the time."""

    def __init__(self, directory: Path, pair: Pair) -> None:
        self.directory = directory
        self.certificate, self.key = pair.write(directory)
        self.clock = FixedClock(datetime.now(UTC))
        self.seconds = 0.0
        environment = read_environment(
            environ={
                "ROLLCALL_HOME": str(directory),
                "ROLLCALL_TLS_CERT": str(self.certificate),
                "ROLLCALL_TLS_KEY": str(self.key),
            },
            cwd=directory,
        )
        self.watch = CertificateWatch(environment, clock=self.clock, steady=lambda: self.seconds)

    def complaints(self, *, after: float) -> list[str]:
        """Look, let so many seconds pass, look twice; return what was said of it."""
        with capture_logs() as lines:
            assert self.watch.look() is None
            self.seconds += after
            assert self.watch.look() is None
            assert self.watch.look() is None
        return [str(line["sentence"]) for line in lines]


@pytest.fixture(autouse=True)
def plain_logs() -> None:
    """Log as if nobody had configured it."""
    structlog.reset_defaults()


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path, new_pair())


def test_what_has_not_changed_is_not_taken_again(files: Files) -> None:
    files.watch.first()

    assert files.watch.look() is None
    new = new_pair()
    new.write(files.directory)
    taken = files.watch.look()
    assert taken is not None
    assert taken.certificate == new.pem
    assert files.watch.look() is None


def test_the_same_bytes_in_a_new_file_are_no_change(files: Files) -> None:
    files.watch.first()
    content = files.certificate.read_bytes()
    files.certificate.unlink()
    files.certificate.write_bytes(content)

    assert files.watch.look() is None


def test_a_link_that_is_turned_to_other_files_is_a_change(tmp_path: Path) -> None:
    old, new = new_pair(), new_pair()
    for name, pair in (("old", old), ("new", new)):
        (tmp_path / name).mkdir()
        pair.write(tmp_path / name)
    files = Files(tmp_path, old)
    for path in (files.certificate, files.key):
        path.unlink()
        path.symlink_to(tmp_path / "old" / path.name)
    files.watch.first()
    for path in (files.certificate, files.key):
        path.unlink()
        path.symlink_to(tmp_path / "new" / path.name)

    taken = files.watch.look()

    assert taken is not None
    assert taken.certificate == new.pem


def test_what_does_not_fit_is_said_once_and_only_when_it_stays_so(files: Files) -> None:
    files.watch.first()
    files.certificate.write_bytes(new_pair().pem)

    assert files.complaints(after=SETTLE_SECONDS / 2) == []
    (said,) = files.complaints(after=SETTLE_SECONDS)
    assert said.startswith(f"The key in {files.key} is not that of the certificate")
    assert said.endswith("The certificate before it is served meanwhile.")
    assert files.complaints(after=1000) == []


def test_another_trouble_is_said_as_well(files: Files) -> None:
    files.watch.first()
    files.certificate.write_bytes(new_pair().pem)
    files.complaints(after=SETTLE_SECONDS)
    files.key.unlink()

    (said,) = files.complaints(after=SETTLE_SECONDS)

    assert said.startswith(f"{files.key} cannot be read")


def test_files_that_are_mended_are_well_again(files: Files) -> None:
    pair = new_pair()
    files.watch.first()
    files.certificate.write_bytes(pair.pem)
    files.complaints(after=SETTLE_SECONDS)

    files.key.write_bytes(pair.key_pem())
    assert files.watch.look() is not None
    files.key.write_bytes(b"")
    assert len(files.complaints(after=SETTLE_SECONDS)) == 1


def test_a_certificate_that_is_not_valid_yet_is_taken_when_it_is(files: Files) -> None:
    files.watch.first()
    later = Pair(new_pair().key, begins_in=timedelta(hours=1))
    later.write(files.directory)

    (said,) = files.complaints(after=SETTLE_SECONDS)
    files.clock.forward(hours=1)
    taken = files.watch.look()

    assert "is not valid before" in said
    assert taken is not None
    assert taken.certificate == later.pem


def test_a_certificate_that_has_expired_is_not_taken(files: Files) -> None:
    files.watch.first()
    new_pair(days=0).write(files.directory)

    (said,) = files.complaints(after=SETTLE_SECONDS)

    assert f"{files.certificate} expired on " in said


def test_one_that_has_expired_is_better_than_none(tmp_path: Path) -> None:
    pair = new_pair(days=0)
    files = Files(tmp_path, pair)

    with capture_logs() as lines:
        first = files.watch.first()

    assert first.certificate == pair.pem
    assert [line["event"] for line in lines] == ["certificate.fault"]
    assert files.watch.look() is None


def test_without_a_certificate_that_can_be_served_there_is_no_start(files: Files) -> None:
    files.key.write_bytes(b"")

    with pytest.raises(ConfigurationError, match="The web server has no certificate"):
        files.watch.first()


def test_a_self_signed_one_is_made_at_the_first_start(tmp_path: Path) -> None:
    environment = read_environment(environ={"ROLLCALL_HOME": str(tmp_path)}, cwd=tmp_path)
    clock = FixedClock(datetime.now(UTC))
    watch = CertificateWatch(environment, clock=clock, steady=lambda: 0.0)

    first = watch.first()
    clock.forward(days=800)
    second = watch.look()

    assert "localhost" in first.names
    assert second is not None
    assert second.certificate != first.certificate


def test_a_home_that_cannot_be_written_to_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "tls").write_text("a file")
    environment = read_environment(environ={"ROLLCALL_HOME": str(tmp_path)}, cwd=tmp_path)
    watch = CertificateWatch(environment, clock=FixedClock(), steady=lambda: 0.0)

    with pytest.raises(ConfigurationError, match="cannot be made"):
        watch.first()
