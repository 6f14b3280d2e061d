"""Questions to a switch: answers, refusals, and silence."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rollcall.sip.digest import ha1
from rollcall.sip.rpc import Control, RpcRefusal, SwitchSilentError

Play = Callable[[dict[str, Any]], list[bytes]]


@pytest.fixture
def switch(tmp_path: Path) -> Iterator[Callable[[Play], str]]:
    """Something that listens where a switch would, and answers as it is told to."""
    path = str(tmp_path / "control")
    wire = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    wire.bind(path)
    threads: list[threading.Thread] = []

    def answer(play: Play) -> None:
        question, sender = wire.recvfrom(65536)
        for reply in play(json.loads(question)):
            wire.sendto(reply, sender)

    def start(play: Play) -> str:
        threads.append(threading.Thread(target=answer, args=(play,)))
        threads[-1].start()
        return path

    yield start
    for thread in threads:
        thread.join()
    wire.close()


def test_an_answer_is_the_result(switch: Callable[[Play], str]) -> None:
    asked: list[dict[str, Any]] = []

    def play(question: dict[str, Any]) -> list[bytes]:
        asked.append(question)
        return [json.dumps({"jsonrpc": "2.0", "result": {"a": 1}, "id": question["id"]}).encode()]

    assert Control(switch(play)).ask("htable.sets", "t", "k", "v") == {"a": 1}
    assert asked[0]["method"] == "htable.sets"
    assert asked[0]["params"] == ["t", "k", "v"]


def test_what_cannot_be_done_is_a_value(switch: Callable[[Play], str]) -> None:
    def play(question: dict[str, Any]) -> list[bytes]:
        error = {"code": 404, "message": "AOR not found"}
        return [json.dumps({"jsonrpc": "2.0", "error": error, "id": question["id"]}).encode()]

    assert Control(switch(play)).ask("ul.lookup") == RpcRefusal(404, "AOR not found")


def test_an_answer_to_an_older_question_is_passed_over(switch: Callable[[Play], str]) -> None:
    def play(question: dict[str, Any]) -> list[bytes]:
        ids = (question["id"] - 1, question["id"])
        return [json.dumps({"jsonrpc": "2.0", "result": each, "id": each}).encode() for each in ids]

    assert Control(switch(play)).ask("core.version") == 1


def test_silence_is_a_trouble_that_passes(switch: Callable[[Play], str], tmp_path: Path) -> None:
    with pytest.raises(SwitchSilentError):
        Control(switch(lambda _question: []), timeout=0.1).ask("core.version")
    with pytest.raises(SwitchSilentError):
        Control(str(tmp_path / "nobody"), timeout=0.1).ask("core.version")


def test_nonsense_is_a_trouble_too(switch: Callable[[Play], str]) -> None:
    with pytest.raises(SwitchSilentError):
        Control(switch(lambda _question: [b"nonsense"])).ask("core.version")


def test_the_digest_is_that_of_the_standard() -> None:
    # The example of RFC 2617, section 3.5.
    found = ha1("Mufasa", "testrealm@host.com", "Circle Of Life")
    assert found == "939e7578ed9e3c518a452acee763bce9"
