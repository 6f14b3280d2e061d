"""What the programs of the switch say becomes a few lines of log, with nobody's number in them."""

import io
import os

import pytest
import structlog
from structlog.testing import capture_logs

from rollcall.service.switch_lines import MOST_LINES, WITHIN_SECONDS, LineReader, read_line


@pytest.fixture(autouse=True)
def plain_logs() -> None:
    """Log as if nobody had configured it."""
    structlog.reset_defaults()


@pytest.mark.parametrize(
    ("line", "level", "words"),
    [
        (
            " 0(812) ERROR: db_postgres [km_dbase.c:266]: submit(): 0x7f PQsendQuery Error: gone",
            "error",
            "db_postgres [km_dbase.c:266]: submit(): 0x7f PQsendQuery Error: gone",
        ),
        (" 3(9) WARNING: <script>: refused 192.0.2.7", "warning", "<script>: refused 192.0.2.7"),
        ("12(9) {1 1 INVITE abc} CRITICAL: tm: no", "error", "tm: no"),
        ("[1700000000.123456] ERR: [core] Bind failed", "error", "[core] Bind failed"),
        ("[1700000000.1] INFO: [control] Received command", "info", "[control] Received command"),
        ("setpriv: failed to execute", "debug", "setpriv: failed to execute"),
    ],
)
def test_a_line_has_a_level_and_a_sentence(line: str, level: str, words: str) -> None:
    assert read_line(line) == (level, words)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("bad contact sip:2004@contoso.example;transport=ws", "bad contact sip:…;transport=ws"),
        ('from "Hannah Goldberg" <sip:+49301234@x.example>', "from … <sip:…>"),
        ("no such user 2004-k3xq@contoso.example here", "no such user … here"),
        ("dialled +4930123456 in vain", "dialled … in vain"),
        ("from 192.0.2.77:5060 again", "from 192.0.2.77:5060 again"),
    ],
)
def test_people_and_their_numbers_are_taken_out(said: str, kept: str) -> None:
    assert read_line(f" 1(2) ERROR: {said}") == ("error", kept)


def test_a_flood_of_lines_ends_in_a_count() -> None:
    seconds = iter([0.0, *[1.0] * (MOST_LINES + 7), WITHIN_SECONDS + 2])
    lines = b" 0(1) ERROR: again\n" * (MOST_LINES + 8)

    with capture_logs() as logged:
        reader = LineReader("kamailio", io.BytesIO(lines), steady=lambda: next(seconds))
        assert len(reader.last_words) == 6

    said = [line for line in logged if line["event"] == "switch.said"]
    more = [line["lines"] for line in logged if line["event"] == "switch.said_more"]
    assert len(said) == MOST_LINES + 1
    assert more == [7]


def test_the_last_complaints_are_kept_for_who_asks_why_it_ended() -> None:
    reading, writing = os.pipe()
    os.write(
        writing,
        b"hello\n 0(1) ERROR: one\n 0(1) INFO: two\n 0(1) WARNING: three\n"
        b"Query: select ha1 from subscriber where username='2004-k3xq'\n",
    )
    os.close(writing)

    assert LineReader("x", os.fdopen(reading, "rb")).last_words == ("hello", "one", "three")
