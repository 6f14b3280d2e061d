"""Which of its carrier's servers a trunk is at: the next one, when one does not answer."""

from collections.abc import Iterable, Mapping

from rollcall.sip.carrier_dns import Carrier, Hop
from rollcall.sip.trunks import SILENT, TrunkFacts, TrunkReading

Hops = tuple[Hop, ...]


class CarrierTurns:
    """The servers of each tenant's carrier, with the one first whose turn it is.

    A carrier that has other servers than before is begun anew with.
    """

    def __init__(self) -> None:
        self._known: dict[int, Hops] = {}
        self._turns: dict[int, int] = {}

    def hops(self, facts: Iterable[TrunkFacts], known: Mapping[Carrier, Hops]) -> dict[int, Hops]:
        """Return the servers by tenant id, of all whose carrier is known."""
        now = {
            fact.tenant_id: known[fact.carrier]
            for fact in facts
            if fact.kind and fact.carrier in known
        }
        self._turns = {
            tenant_id: turn
            for tenant_id, turn in self._turns.items()
            if now.get(tenant_id) == self._known.get(tenant_id)
        }
        self._known = now
        return {tenant_id: self._turned(tenant_id) for tenant_id in now}

    def note(self, readings: Iterable[TrunkReading]) -> bool:
        """Turn to the next server where one was silent; tell whether there was any."""
        silent = [
            each.tenant_id
            for each in readings
            if each.state == SILENT and len(self._known.get(each.tenant_id, ())) > 1
        ]
        for tenant_id in silent:
            self._turns[tenant_id] = self._turns.get(tenant_id, 0) + 1
        return bool(silent)

    def _turned(self, tenant_id: int) -> Hops:
        hops = self._known[tenant_id]
        turn = self._turns.get(tenant_id, 0) % len(hops)
        return (*hops[turn:], *hops[:turn])
