"""Guessing passwords, and asking who is there: slowed by source, told by nothing."""

import statistics
import time
from contextlib import suppress

from tests.call.messages import Login, Message, challenge_of
from tests.call.stage import Stage
from tests.call.wire import Line, NothingCameError, Phone

GUESSES = 40


def challenged(phone: Phone) -> Message:
    """Return the answer to a registration without credentials."""
    message = phone.compose("REGISTER", f"sip:{phone.line.domain}")
    message["To"] = message["From"].split(";")[0]
    return phone.ask(message)


def shape(answer: Message) -> tuple[str, list[str]]:
    """Return what an answer is like, without what is new in each."""
    return answer.line, [name for name, _ in answer.headers]


def test_a_known_and_an_unknown_name_are_asked_the_same(stage: Stage) -> None:
    known, web = stage.north.hire(), stage.north.hire().add_web_line()[0]
    nobody = Line("7998", stage.north.domain, Login("7998-abcdef", "x"))
    answers = [challenged(stage.phone(who)) for who in (known, web, nobody)]
    assert len({str(shape(answer)) for answer in answers}) == 1
    wrong = [
        stage.phone(who).register(login=Login(login.username, "wrong"))
        for who, login in (
            (known.line, known.line.login),
            (web, web.login),
            (nobody, nobody.login),
            (known.line, Login(f"{known.number}-zzzzzz", "x")),
        )
    ]
    assert len({str(shape(answer)) for answer in wrong}) == 1, [a.text for a in wrong]
    assert len({sorted_challenge(answer) for answer in wrong}) == 1
    assert stage.phone(known).register().status == 200


def sorted_challenge(answer: Message) -> str:
    """Return a challenge without its nonce."""
    parts = challenge_of(answer).split(",")
    return ",".join(sorted(part.strip() for part in parts if "nonce=" not in part))


def test_the_time_of_an_answer_does_not_tell_who_is_there(stage: Stage) -> None:
    known = stage.north.hire()
    nobody = Line("7997", stage.north.domain, Login("7997-abcdef", "x"))
    times: dict[str, list[float]] = {"known": [], "nobody": []}
    for _ in range(12):
        for name, line in (("known", known.line), ("nobody", nobody)):
            phone = stage.phone(line)
            began = time.perf_counter()
            phone.register(login=Login(line.login.username, "wrong"))
            times[name].append(time.perf_counter() - began)
            phone.close()
    here, there = (statistics.median(each) for each in times.values())
    assert abs(here - there) < 0.005, (here, there)
    assert stage.phone(known).register().status == 200


def test_a_source_that_guesses_is_slowed_and_others_are_not(stage: Stage) -> None:
    victim, source = stage.north.hire(), stage.source()
    taken = 0
    for guess in range(GUESSES):
        phone = stage.phone(victim, source=source)
        try:
            answer = phone.register(
                login=Login(victim.line.login.username, f"guess {guess}"), seconds=0.3
            )
        except NothingCameError:
            break
        finally:
            phone.close()
        if answer.status != 401:
            assert answer.status in {403, 429, 503}
            break
        taken += 1
    assert taken < GUESSES - 1, "nobody stopped the guessing"
    with suppress(NothingCameError):
        assert stage.phone(victim, source=source).register(seconds=0.5).status != 200
    assert stage.phone(victim).register().status == 200
    stage.register(stage.north.hire())


def test_somebody_who_mistypes_is_not_kept_out(stage: Stage) -> None:
    person, source = stage.north.hire(), stage.source()
    phone = stage.phone(person, source=source)
    for _ in range(3):
        wrong = Login(person.line.login.username, "mistyped")
        stage.refused(phone.register(login=wrong), 401)
    assert phone.register().status == 200


def test_a_false_source_keeps_nobody_out(stage: Stage) -> None:
    """UDP sources can be made up: who never saw our challenge is not counted as guessing."""
    person, source = stage.north.hire(), stage.source()
    forger = stage.phone(person, source=source)
    made_up = f'Digest realm="{person.line.domain}", nonce="bWFkZS11cA", qop="auth"'
    for _ in range(GUESSES):
        message = forger.compose("REGISTER", f"sip:{person.line.domain}")
        message["To"] = f"<{person.uri}>"
        forger.challenge = made_up
        forger.authorise(message)
        forger.send(message)
        time.sleep(0.02)
    forger.heard(0.3)
    forger.close()
    time.sleep(1.0)
    assert stage.phone(person, source=source).register().status == 200
