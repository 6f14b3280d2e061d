"""The switch starts, says what stands in its way, and leaves nothing behind."""

import socket

import msgspec
import pytest

from rollcall.environment import ConfigurationError
from rollcall.host import switch_programs
from rollcall.host.switch_programs import SwitchMissingError, find_switch_programs
from rollcall.service.everything import can_switch, parts_of
from rollcall.service.stopping import Stopping
from rollcall.service.switch import kamailio_started, running_switch
from rollcall.wiring.machine import Machine
from tests.integration.switch.conftest import Start, lives, workers_in


def test_nothing_is_left_when_it_stops(start: Start) -> None:
    with start() as running:
        directory = running.switch.places.directory
        assert workers_in(directory)

    assert not workers_in(directory)
    assert not running.switch.places.control.exists()


def test_what_an_earlier_switch_left_is_ended_first(start: Start) -> None:
    with start() as earlier:
        left = workers_in(earlier.switch.places.directory)
        forgotten = earlier.switch.crew._members[:]
        earlier.switch.crew._members.clear()  # as if it had been killed with all that it knew
    assert all(lives(pid) for pid in left)

    with start() as running:
        assert not any(lives(pid) for pid in left)
        assert kamailio_started(running.switch.control)
    for member in forgotten:
        assert member.running is not None
        member.running.clear()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("sip_port", socket.SOCK_DGRAM),
        ("sip_port", socket.SOCK_STREAM),
        ("sips_port", socket.SOCK_STREAM),
        ("wss_port", socket.SOCK_STREAM),
    ],
)
def test_a_port_that_is_taken_is_named_with_its_setting(
    machine: Machine, name: str, kind: socket.SocketKind
) -> None:
    port = getattr(machine.environment, name)
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", port))
        if kind == socket.SOCK_STREAM:
            other.listen()
        with (
            pytest.raises(ConfigurationError) as raised,
            running_switch(machine, Stopping()),
        ):
            pass

    protocol = "UDP" if kind == socket.SOCK_DGRAM else "TCP"
    assert str(raised.value).startswith(
        f"{name} (ROLLCALL_{name.upper()}): 127.0.0.1 {protocol} port {port} cannot be listened on"
    )


def test_an_address_of_another_machine_is_refused_with_a_sentence(machine: Machine) -> None:
    elsewhere = msgspec.structs.replace(machine.environment, sip_address="192.0.2.1")
    with (
        pytest.raises(ConfigurationError, match="does not have that address: see sip_address"),
        running_switch(Machine(elsewhere, machine.conninfo), Stopping()),
    ):
        pass


def test_missing_programs_are_named_by_their_packages(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(switch_programs, "DIRECTORIES", ())
    on = msgspec.structs.replace(machine.environment, switch=True)
    said: list[tuple[str, str]] = []

    with pytest.raises(SwitchMissingError, match=r"apt install kamailio rtpengine-daemon\. "):
        find_switch_programs()
    assert not can_switch(on, wanted=True, say=lambda part, words: said.append((part, words)))

    assert [part for part, _ in said] == ["switch"]
    assert "--no-switch" in said[0][1]


def test_missing_modules_are_named_by_their_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switch_programs, "MODULES", ("/nowhere/*",))

    with pytest.raises(SwitchMissingError, match="kamailio kamailio-postgres-modules kamailio-tls"):
        find_switch_programs()


def test_up_has_a_switch_where_it_is_wanted_and_not_switched_off(machine: Machine) -> None:
    on = msgspec.structs.replace(machine.environment, switch=True)
    off = msgspec.structs.replace(machine.environment, switch=False)

    assert can_switch(on, wanted=True, say=print)
    assert not can_switch(on, wanted=False, say=print)
    assert not can_switch(off, wanted=True, say=print)
    assert [part.name for part in parts_of(on, switch=True)][-1] == "switch"
    assert "switch" not in [part.name for part in parts_of(on)]
