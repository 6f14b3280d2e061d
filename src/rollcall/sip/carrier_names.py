"""Carriers' names as addresses: looked up aside, so that nobody waits for a name.

The switch itself is only told addresses: a name that takes long to be found would hold up the
calls of everybody.
"""

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from rollcall.sip.carrier_dns import Carrier, CarrierDns, DnsSilentError, Hop
from rollcall.sip.carrier_places import CarrierPlaces

FRESH_SECONDS = 60.0
AGAIN_SECONDS = 15.0
"""After a name was not found."""

MOST_HOPS = 32
"""Whoever has a name says how many addresses it has, and the switch keeps each of them."""

_THREADS = 4


class CarrierNames:
    """The servers of carriers. One that is not found any more keeps those that it had.

    A carrier that leads where no carrier may be has no server.
    """

    def __init__(
        self,
        places: CarrierPlaces,
        servers: CarrierDns,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._places = places
        self._servers = servers
        self._clock = clock
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="carrier-names")
        self._lock = threading.Lock()
        self._found: dict[Carrier, tuple[Hop, ...]] = {}
        self._due: dict[Carrier, float] = {}
        self._asked: dict[Carrier, Future[None]] = {}

    def known(self, carriers: Iterable[Carrier]) -> dict[Carrier, tuple[Hop, ...]]:
        """Return what is known of carriers now, and have looked up what is due. Never waits."""
        wanted = set(carriers)
        with self._lock:
            for carrier in set(self._due) - wanted:
                self._due.pop(carrier, None)
                self._found.pop(carrier, None)
            now = self._clock()
            for carrier in wanted:
                if self._due.get(carrier, 0.0) <= now and carrier not in self._asked:
                    self._asked[carrier] = self._pool.submit(self._look_up, carrier)
            return {carrier: self._found[carrier] for carrier in wanted if carrier in self._found}

    def wait(self, seconds: float) -> None:
        """Wait until nothing is being looked up, but not for long: for the start."""
        end = self._clock() + seconds
        with self._lock:
            asked = list(self._asked.values())
        for future in asked:
            try:
                future.result(max(0.0, end - self._clock()))
            except TimeoutError:
                return

    def close(self) -> None:
        """Look up nothing any more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _look_up(self, carrier: Carrier) -> None:
        found = self._find(carrier)
        hops = tuple(hop for hop in found if self._places.allows(hop.address))[:MOST_HOPS]
        with self._lock:
            if hops:
                self._found[carrier] = hops
            elif found:
                self._found.pop(carrier, None)
            self._due[carrier] = self._clock() + (FRESH_SECONDS if hops else AGAIN_SECONDS)
            self._asked.pop(carrier, None)

    def _find(self, carrier: Carrier) -> tuple[Hop, ...]:
        """Return a carrier's servers. Where SRV records cannot be had, its name is one.

        Some networks let through questions for addresses alone.
        """
        try:
            return self._servers.hops(carrier)
        except DnsSilentError:
            if carrier in self._found:
                return ()
        try:
            return self._servers.plain_hops(carrier)
        except DnsSilentError:
            return ()
