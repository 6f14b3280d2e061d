"""Sound goes both ways through rtpengine, and from where the phones said that they are."""

import contextlib
import select
import socket
import struct
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.call.messages import Message
from tests.call.stage import Stage
from tests.call.test_calls import media
from tests.call.wire import Phone

PACKETS = 50
PACKET_SECONDS = 0.02
PAYLOAD = 160
FEW_LOST = 0.5


@contextlib.contextmanager
def ear(phone: Phone) -> Iterator[socket.socket]:
    """Listen where the phone said that it listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind((phone.wire.host, phone.rtp_port))
        yield wire


def packet(sequence: int, source: int) -> bytes:
    """Return a packet of G.711, 20 ms."""
    head = struct.pack("!BBHII", 0x80, 8, sequence, sequence * PAYLOAD, source)
    return head + bytes([0xD5]) * PAYLOAD


def sources(wire: socket.socket) -> Counter[int]:
    """Return how many packets of which source are there."""
    found: Counter[int] = Counter()
    while select.select([wire], [], [], 0.2)[0]:
        head = wire.recv(2048)[:12]
        if len(head) == 12:
            found[struct.unpack("!I", head[8:12])[0]] += 1
    return found


def heard(wire: socket.socket, source: int) -> int:
    """Return how many packets of a source are there."""
    return sources(wire)[source]


@pytest.mark.parametrize("there", ["udp", "tcp"])
def test_sound_goes_both_ways(stage: Stage, there: str) -> None:
    caller, callee = stage.register(stage.north.hire()), stage.register(stage.north.hire(), there)
    here, other = stage.connect(caller, callee)
    to_callee, to_caller = media(here.response)[:2], media(other.invite)[:2]
    with ear(caller) as one, ear(callee) as two:
        for number in range(PACKETS):
            one.sendto(packet(number, 1), to_callee)
            two.sendto(packet(number, 2), to_caller)
            time.sleep(PACKET_SECONDS)
        assert heard(two, 1) >= PACKETS * FEW_LOST
        assert heard(one, 2) >= PACKETS * FEW_LOST
    here.hang_up(other)


def test_nothing_is_passed_on_after_the_call(stage: Stage) -> None:
    caller, callee = stage.pair()
    here, other = stage.connect(caller, callee)
    place = media(here.response)[:2]
    here.hang_up(other)
    with ear(caller) as one, ear(callee) as two:
        for number in range(PACKETS // 5):
            one.sendto(packet(number, 1), place)
        assert heard(two, 1) == 0


@pytest.mark.parametrize("alone", [0.0, 4.0])
def test_a_stranger_at_a_media_port_hears_nothing_and_is_not_heard(
    stage: Stage, alone: float
) -> None:
    caller, callee = stage.pair()
    here, other = stage.connect(caller, callee)
    to_callee, to_caller = media(here.response)[:2], media(other.invite)[:2]
    with ear(caller) as one, ear(callee) as two, socket.socket(type=socket.SOCK_DGRAM) as stranger:
        stranger.bind((stage.source(), 0))

        def intrude(number: int) -> None:
            for place in (to_callee, to_caller):
                stranger.sendto(packet(number, 3), place)

        intrude(1)
        time.sleep(alone)
        for number in range(2, PACKETS):
            intrude(number)
            one.sendto(packet(number, 1), to_callee)
            two.sendto(packet(number, 2), to_caller)
            time.sleep(PACKET_SECONDS)
        assert heard(stranger, 1) + heard(stranger, 2) == 0
        at_one, at_two = sources(one), sources(two)
    assert at_one.get(2, 0) >= PACKETS * FEW_LOST
    assert at_two.get(1, 0) >= PACKETS * FEW_LOST
    assert at_one.get(3, 0) + at_two.get(3, 0) == 0
    here.hang_up(other)


def test_a_phone_behind_nat_is_found_by_what_it_sends(stage: Stage) -> None:
    caller, callee = stage.pair()

    def private(message: Message) -> None:
        message.body = message.body.replace(caller.wire.host.encode(), b"192.168.7.7")

    here, other = stage.connect(caller, callee, change=private)
    with ear(caller) as one, ear(callee) as two:
        for number in range(PACKETS):
            one.sendto(packet(number, 1), media(here.response)[:2])
            two.sendto(packet(number, 2), media(other.invite)[:2])
            time.sleep(PACKET_SECONDS)
        assert heard(one, 2) > 0
        assert heard(two, 1) > 0
    here.hang_up(other)
