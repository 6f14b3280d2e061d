"""A phone that others wrote: baresip registers, answers, hears, and is heard."""

import time
from pathlib import Path

from tests.call.baresip import baresip
from tests.call.speech import speaking
from tests.call.stage import Stage

PATIENCE = 10.0


def test_a_phone_of_somebody_elses_making_is_called_and_both_hear(
    stage: Stage, tmp_path: Path
) -> None:
    person = stage.north.hire()
    caller = stage.register(stage.north.hire())

    with (
        baresip(person.line, stage.sip, tmp_path) as phone,
        speaking(caller.wire.host, caller.rtp_port) as speech,
    ):
        here = caller.invite(person.number).answered()
        speech.say_to(here.response)
        end = time.monotonic() + PATIENCE
        while not (phone.heard and speech.loud):
            assert time.monotonic() < end, (phone.heard, speech.loud, phone.said)
            time.sleep(0.2)
        assert here.start("BYE").final().status == 200
