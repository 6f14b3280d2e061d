"""How much is too much: guesses, messages, sockets, phones; and that it passes."""

import contextlib
import time

import pytest

from tests.call.messages import Login
from tests.call.stage import Stage
from tests.call.wires import RefusedHandshakeError, WebSocketWire

UNIT_SECONDS = 2.5


def test_who_guesses_a_password_is_kept_out_from_where_they_guessed(stage: Stage) -> None:
    person, source = stage.north.hire(), stage.source()
    limit = stage.switch.plan.limits.guesses_per_name
    phone = stage.phone(person, source=source)
    wrong = Login(person.line.login.username, "guessed")
    answers = [phone.register(login=wrong).status for _ in range(limit + 3)]
    assert set(answers[:limit]) == {401}
    assert answers[-1] == 403
    assert phone.register().status == 403
    assert stage.phone(person).register().status == 200
    assert stage.phone(stage.north.hire(), source=source).register().status == 200


def test_who_guesses_names_is_kept_out_for_all_of_them(stage: Stage) -> None:
    person, source = stage.north.hire(), stage.source()
    limits = stage.switch.plan.limits
    phone = stage.register(person, source=source)  # a source that is known, so no stranger's brake
    answers = [
        phone.register(login=Login(f"2001-guess{each}", "guessed")).status
        for each in range(limits.guesses_per_source + 3)
    ]
    assert answers[0] == 401
    assert answers[-1] == 403
    assert phone.register().status == 403
    assert stage.phone(person).register().status == 200


def test_who_is_known_may_say_much_but_not_everything(stage: Stage) -> None:
    phone = stage.register(stage.north.hire())
    limit = stage.switch.plan.limits.known_per_unit
    time.sleep(UNIT_SECONDS)
    for _ in range(limit * 2):
        phone.send(phone.compose("OPTIONS", f"sip:{stage.north.domain}"))
    heard = 0
    while phone.wire.receive(0.3) is not None:
        heard += 1
    assert limit * 0.2 < heard < limit * 1.6
    time.sleep(UNIT_SECONDS)
    assert phone.ask(phone.compose("OPTIONS", f"sip:{stage.north.domain}")).status == 200


def test_one_address_opens_so_many_sockets_and_closing_makes_room(stage: Stage) -> None:
    source, limit = stage.source(), stage.switch.plan.limits.most_sockets
    with contextlib.ExitStack() as opened:

        def more() -> None:
            wire = WebSocketWire(stage.wss, source=source, origin=stage.origin, name="localhost")
            opened.callback(wire.close)

        for _ in range(limit):
            more()
        with pytest.raises(RefusedHandshakeError):
            more()
        stage.register(stage.north.hire(), "wss")
    until = time.monotonic() + 15
    while True:
        with contextlib.suppress(RefusedHandshakeError):
            stage.wire("wss", source=source).close()
            return
        assert time.monotonic() < until
        time.sleep(0.2)


def test_a_message_that_is_too_long_is_refused(stage: Stage) -> None:
    phone = stage.phone(stage.north.hire(), "tcp")
    message = phone.compose("OPTIONS", f"sip:{stage.north.domain}")
    message.body = b"x" * (stage.switch.plan.limits.longest_message + 1)
    assert phone.ask(message).status == 513
    assert phone.register().status == 200


def test_a_message_that_went_too_far_is_refused(stage: Stage) -> None:
    phone = stage.phone(stage.north.hire())
    message = phone.compose("REGISTER", f"sip:{stage.north.domain}")
    message["Max-Forwards"] = "0"
    assert phone.ask(message).status == 483
    assert phone.register().status == 200
