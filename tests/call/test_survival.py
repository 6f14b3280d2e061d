"""What survives: the end of Kamailio, of rtpengine, and a database that is away for a while."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.call.messages import Message
from tests.call.stage import Stage
from tests.call.test_calls import record
from tests.call.wire import NothingCameError, Phone

PATIENCE = 15.0


def kill(stage: Stage, program: str) -> None:
    """End a program without a word, and wait for the one that takes its place."""
    pid = stage.switch.crew.pids()[program]
    os.kill(pid, signal.SIGKILL)
    until = time.monotonic() + PATIENCE
    while stage.switch.crew.pids().get(program, pid) == pid:
        assert time.monotonic() < until
        time.sleep(0.05)


def wait_for_answer(stage: Stage) -> Phone:
    """Wait until the switch answers; return the phone that found out."""
    phone = stage.phone(stage.north.hire())
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            answer = phone.ask(phone.compose("OPTIONS", f"sip:{stage.north.domain}"), seconds=0.5)
        except NothingCameError:
            continue
        assert answer.status == 200
        return phone
    raise AssertionError("the switch does not come back")


def test_calls_and_registrations_survive_the_end_of_kamailio(stage: Stage) -> None:
    caller, callee = stage.pair()
    here, there = stage.connect(caller, callee)
    kill(stage, "kamailio")
    wait_for_answer(stage)
    again = here.start("INVITE", body=caller.sdp)
    callee.reply(callee.expect("INVITE"), 200, body=callee.sdp)
    assert again.final().status == 200
    caller.send(here.compose("ACK", cseq=here.cseq))
    callee.expect("ACK")
    assert there.hang_up(here).status == 200
    assert record(stage, here.call_id)["result"] == "answered"
    stage.talk(callee, caller)


def test_a_web_phone_goes_on_with_its_call_after_the_end_of_kamailio(stage: Stage) -> None:
    person = stage.north.hire()
    caller, callee = stage.register(person, "wss"), stage.register(stage.north.hire())
    here, there = stage.connect(caller, callee)
    kill(stage, "kamailio")
    wait_for_answer(stage)
    here.phone = stage.register(person, "wss")
    bye = here.compose("BYE")
    here.phone.send(bye)
    challenge = here.phone.wait_for(lambda m: m.status == 407, PATIENCE, "no challenge")
    here.phone.authorise_after(bye, challenge)
    here.phone.send(bye)
    callee.reply(callee.expect("BYE"), 200)
    here.phone.wait_for(lambda m: m.status == 200, PATIENCE, "no answer")
    assert record(stage, here.call_id)["result"] == "answered"
    assert there.call_id == here.call_id


def test_new_calls_are_made_after_the_end_of_rtpengine(stage: Stage) -> None:
    caller, callee = stage.pair()
    kill(stage, "rtpengine")
    until = time.monotonic() + PATIENCE
    while True:
        call = caller.invite(callee.line.number)
        try:
            invite = callee.expect("INVITE", 2)
        except NothingCameError:
            assert call.final().status == 503
            assert time.monotonic() < until
            continue
        callee.reply(invite, 486)
        assert call.final().status == 486
        return


@contextmanager
def database_away(stage: Stage) -> Iterator[None]:
    """Have nobody get at the database while the block runs."""
    name = conninfo_to_dict(stage.ground.conninfo)["dbname"]
    beside = make_conninfo(stage.ground.conninfo, dbname="postgres")
    with psycopg.connect(beside, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        try:
            yield
        finally:
            connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


def told_to_wait(answer: Message) -> bool:
    """Whether a phone was told to try again soon."""
    return answer.status == 503 and int(answer["Retry-After"]) > 0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_phones_are_told_to_wait_while_the_database_is_away(stage: Stage) -> None:
    caller, callee = stage.pair()
    newcomer = stage.phone(stage.north.hire())
    here, there = stage.connect(caller, callee)
    with database_away(stage):
        assert told_to_wait(newcomer.register())
        assert told_to_wait(caller.invite(callee.line.number).final())
        assert here.hang_up(there).status == 200
    until = time.monotonic() + PATIENCE
    while newcomer.register().status != 200:
        assert time.monotonic() < until
        time.sleep(0.3)
    stage.talk(caller, callee)
