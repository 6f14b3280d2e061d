"""Carriers with several servers: the DNS says which, and the next one is there for the first."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from rollcall.calling.models import Trunk
from rollcall.calling.trunk_operations import NewTrunk
from rollcall.credentials.secret import Secret
from rollcall.environment import Environment
from rollcall.wiring.machine import Machine
from tests.call.carrier.firms import (
    TrunkFirm,
    call_in,
    found_trunk_firm,
    remove_trunk,
    set_trunk,
    told_of,
    wait_until_told,
)
from tests.call.messages import address
from tests.call.stage import Stage
from tests.call.test_trunk_states import brisk, state
from tests.call.wire import Phone
from tests.databases import point_django

__all__ = ["brisk"]

CALLED = "+4930555123"
PATIENCE = 60.0
SILENCE = 6.0
"""So long the switch waits for a server that says nothing."""

_numbers = count(1)


@contextmanager
def found_firm(stage: Stage) -> Iterator[tuple[TrunkFirm, str]]:
    """Have a tenant whose carrier has a second server; yield it and where its first one would be.

    What the firm knows as its carrier is the second; at the first there is nobody.
    """
    point_django(stage.ground.conninfo)
    which = next(_numbers)
    name, first = f"carrier{which}.example", f"127.17.6.{2 * which}"
    firm = found_trunk_firm(
        f"twoservers{which}", number=49309000 + which, address=f"127.17.6.{2 * which + 1}"
    )
    stage.names.records |= {
        f"_sip._udp.{name}": (
            f"SRV 20 1 {firm.port} second.{name}.",
            f"SRV 10 1 {firm.port} first.{name}.",
        ),
        f"first.{name}": (f"A {first}",),
        f"second.{name}": (f"A {firm.address}",),
    }
    Trunk.objects.of(firm.firm.tenant_id).update(host=name, port=None)
    try:
        yield firm, first
    finally:
        remove_trunk(firm)


@pytest.fixture
def firm(stage: Stage) -> Iterator[TrunkFirm]:
    """A tenant whose carrier's first server says nothing."""
    with found_firm(stage) as (firm, _):
        told_of(lambda: at_server(stage, firm, "target2") == firm.host, "two servers")
        yield firm


def at_server(stage: Stage, firm: TrunkFirm, which: str = "target") -> str:
    """Return the address and port of one of the carrier's servers, as the switch knows them."""
    answer = stage.ask("htable.get", "trunk", f"{firm.domain}::{which}")
    item = answer.get("item") if isinstance(answer, dict) else None
    return str(item["value"]).partition(";")[0].removeprefix("sip:") if item else ""


def test_a_silent_server_is_called_past_and_then_left_out_for_a_while(
    stage: Stage, firm: TrunkFirm
) -> None:
    anna, carrier = firm.phone(stage), firm.carrier(stage)

    began = time.monotonic()
    call = anna.invite(CALLED)
    carrier.reply(carrier.expect("INVITE", SILENCE + 3), 200, body=carrier.sdp)
    call.answered()
    assert time.monotonic() - began > SILENCE / 2

    began = time.monotonic()
    again = anna.invite(CALLED)
    carrier.reply(carrier.expect("INVITE"), 200, body=carrier.sdp)
    again.answered()
    assert time.monotonic() - began < SILENCE / 2


def test_a_call_for_help_is_tried_at_the_next_server_too(stage: Stage, firm: TrunkFirm) -> None:
    anna, carrier = firm.phone(stage), firm.carrier(stage)

    call = anna.invite("112")
    carrier.reply(carrier.expect("INVITE", SILENCE + 3), 200, body=carrier.sdp)

    call.answered()


def test_a_server_that_is_overloaded_is_not_the_last_word(stage: Stage) -> None:
    with found_firm(stage) as (firm, first):
        told_of(lambda: at_server(stage, firm, "target2") == firm.host, "two servers")
        anna, second = firm.phone(stage), firm.carrier(stage)
        overloaded = stage.phone(second.line, source=first, port=firm.port)

        call = anna.invite(CALLED)
        overloaded.reply(overloaded.expect("INVITE"), 503)
        invite = second.expect("INVITE")
        second.reply(invite, 200, body=second.sdp)

        call.answered()
        assert address(invite["To"]).startswith(f"sip:{CALLED}@carrier")


def test_a_refusal_is_taken_from_the_first_server_that_says_it(stage: Stage) -> None:
    with found_firm(stage) as (firm, first):
        told_of(lambda: at_server(stage, firm, "target2") == firm.host, "two servers")
        anna, second = firm.phone(stage), firm.carrier(stage)
        busy = stage.phone(second.line, source=first, port=firm.port)

        call = anna.invite(CALLED)
        busy.reply(busy.expect("INVITE"), 486)

        assert call.final().status == 486
        assert_unheard(second)


def assert_unheard(phone: Phone) -> None:
    """Check that nothing has come."""
    assert phone.receive(0.5) is None


def test_who_calls_from_any_of_the_servers_is_the_carrier(stage: Stage) -> None:
    with found_firm(stage) as (firm, first):
        told_of(lambda: at_server(stage, firm, "target2") == firm.host, "two servers")
        anna = firm.phone(stage)
        line = firm.carrier(stage).line
        for source in (first, firm.address):
            call = call_in(stage, stage.phone(line, source=source), f"+{firm.number}")
            anna.reply(anna.expect("INVITE"), 486)
            assert call.final().status == 486


def test_a_trunk_registers_at_the_next_server_when_the_first_is_silent(
    stage: Stage, firm: TrunkFirm, environment: Environment, tmp_path: Path
) -> None:
    trunk = NewTrunk(
        kind="registration",
        host=Trunk.objects.of(firm.firm.tenant_id).get().host,
        username="account9",
        password=Secret(b"a password"),
    )
    ring = Machine(environment, stage.ground.conninfo).key_ring()

    set_trunk(firm, trunk, ring)
    wait_until_told(stage, firm)
    told_of(lambda: at_server(stage, firm) == firm.host, "the next server's turn", PATIENCE)
    with firm.sipp(tmp_path).play("registers", code="200"):
        pass

    told_of(lambda: state(stage, firm) == "registered", "registered", PATIENCE)
    assert at_server(stage, firm) == firm.host
