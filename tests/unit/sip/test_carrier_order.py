"""The order of a carrier's servers, and whose turn it is."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from rollcall.sip.carrier_dns import Carrier, Hop, Offer, in_order
from rollcall.sip.carrier_turns import CarrierTurns
from rollcall.sip.trunks import TrunkFacts, TrunkReading

ONE, TWO, THREE = (Hop(f"198.51.100.{last}", 5060) for last in (1, 2, 3))
NORTH = TrunkFacts(tenant_id=1, domain="north.example", country="DE", kind="address", host="c")
SOUTH = TrunkFacts(tenant_id=2, domain="south.example", country="DE", kind="address", host="c")
AT_C = Carrier("c")


def offer(target: str, *, priority: int = 10, weight: int = 1) -> Offer:
    return Offer(priority, weight, 5060, target)


@given(st.lists(st.builds(offer, st.text(), priority=st.integers(0, 9), weight=st.integers(0, 9))))
def test_lower_priorities_come_first_and_none_is_lost(offers: list[Offer]) -> None:
    ordered = in_order(offers, seed="here")

    assert [each.priority for each in ordered] == sorted(each.priority for each in offers)
    assert Counter(ordered) == Counter(offers)
    assert ordered == in_order(reversed(offers), seed="here")


def test_the_heavier_server_is_first_more_often_as_its_weight_says() -> None:
    offers = [offer("light", weight=10), offer("heavy", weight=30), offer("none", weight=0)]

    first = Counter(in_order(offers, seed=str(seed))[0].target for seed in range(4000))

    assert 2800 < first["heavy"] < 3200
    assert 800 < first["light"] < 1200
    assert first["none"] < 10


def test_a_server_that_comes_or_goes_changes_no_order_of_the_others() -> None:
    offers = [offer(f"server{number}") for number in range(9)]
    ordered = in_order(offers, seed="here")

    fewer = in_order(offers[1:], seed="here")

    assert fewer == [each for each in ordered if each != offers[0]]


def test_where_one_is_silent_the_next_has_its_turn_and_then_the_first_again() -> None:
    turns = CarrierTurns()
    known = {AT_C: (ONE, TWO)}
    assert turns.hops([NORTH, SOUTH], known) == {1: (ONE, TWO), 2: (ONE, TWO)}

    assert turns.note([TrunkReading(1, "silent"), TrunkReading(2, "registered")])
    assert turns.hops([NORTH, SOUTH], known) == {1: (TWO, ONE), 2: (ONE, TWO)}

    assert turns.note([TrunkReading(1, "silent")])
    assert turns.hops([NORTH, SOUTH], known) == {1: (ONE, TWO), 2: (ONE, TWO)}


def test_a_carrier_with_one_server_has_no_other_turn() -> None:
    turns = CarrierTurns()
    turns.hops([NORTH], {AT_C: (ONE,)})

    assert not turns.note([TrunkReading(1, "silent"), TrunkReading(9, "silent")])


def test_a_carrier_with_other_servers_is_begun_anew_with() -> None:
    turns = CarrierTurns()
    turns.hops([NORTH], {AT_C: (ONE, TWO)})
    turns.note([TrunkReading(1, "silent")])

    assert turns.hops([NORTH], {AT_C: (ONE, TWO, THREE)}) == {1: (ONE, TWO, THREE)}


def test_everything_is_sent_to_the_proxy_if_there_is_one() -> None:
    proxied = TrunkFacts(
        tenant_id=4,
        domain="w.example",
        country="DE",
        kind="address",
        host="c",
        proxy="p",
        port=5090,
    )

    assert proxied.carrier == Carrier("p", "udp", 5090)


def test_who_has_no_trunk_or_an_unknown_carrier_has_no_servers() -> None:
    idle = TrunkFacts(tenant_id=3, domain="idle.example", country="DE")

    assert CarrierTurns().hops([NORTH, idle], {}) == {}
