"""The log: JSON lines, also of what libraries say, and never in anybody's way."""

import json
import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import structlog

from rollcall.environment import read_environment
from rollcall.host.logs import OTHERS, configure_logs


@pytest.fixture(autouse=True)
def home(tmp_path: Path) -> Iterator[Path]:
    """Logs go to a home of the test's own, and afterwards where they went before."""
    raises = logging.raiseExceptions
    (tmp_path / "log").mkdir()
    yield tmp_path
    logging.raiseExceptions = raises
    structlog.reset_defaults()
    for name in ("rollcall", *OTHERS):
        logger = logging.getLogger(name)
        logger.propagate = True
        logger.setLevel(logging.NOTSET)
        for handler in logger.handlers[:]:
            logger.removeHandler(handler)
            with suppress(OSError):  # what did not fit is tried once more
                handler.close()


def configure(home: Path) -> None:
    configure_logs(read_environment(environ={"ROLLCALL_HOME": str(home)}, cwd=home))


def lines(home: Path) -> list[dict[str, Any]]:
    text = (home / "log" / "rollcall.log").read_text()
    return [json.loads(line) for line in text.splitlines()]


def test_an_error_is_named_and_placed_and_its_words_are_left_out(home: Path) -> None:
    configure(home)
    try:
        int("Adele Vance, +49 151 5550100")
    except ValueError:
        structlog.get_logger("rollcall.test").exception("run.broke", run_id=7)

    (line,) = lines(home)
    assert (line["event"], line["run_id"], line["error"]) == ("run.broke", 7, "ValueError")
    assert "Adele" not in json.dumps(line)


def test_of_what_a_library_says_the_first_line_is_kept(home: Path) -> None:
    configure(home)
    logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: <Adele>")

    (line,) = lines(home)
    assert line["event"] == "Task exception was never retrieved"
    assert line["logger"] == "asyncio"


def test_a_pool_that_tries_to_connect_again_and_again_is_not_quoted(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    configure(home)
    logging.getLogger("psycopg.pool").warning("error connecting in 'pool-1'")

    assert capfd.readouterr().err == ""
    assert not (home / "log" / "rollcall.log").exists()


def test_a_line_that_finds_no_room_on_the_disk_is_lost_in_silence(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (home / "log" / "rollcall.log").symlink_to("/dev/full")
    configure(home)

    structlog.get_logger("rollcall.test").warning("scheduler.lost_the_database")

    assert capfd.readouterr().err == ""
