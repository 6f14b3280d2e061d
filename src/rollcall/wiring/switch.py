"""What the switch is told of trunks: their rows, with the passwords opened for it alone."""

from functools import partial

from rollcall.calling.switch_facts import read_trunk_facts
from rollcall.calling.trunk_operations import open_password
from rollcall.sip.trunks import TrunkFacts
from rollcall.wiring.machine import Machine


def read_facts(machine: Machine) -> tuple[TrunkFacts, ...]:
    """Return how every active tenant dials, with its trunk if that is in use."""
    return read_trunk_facts(partial(open_password, machine.key_ring()))
