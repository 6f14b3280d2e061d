"""Peers, in the same run: Microsoft's own SDK for reading, Django's ORM for writing.

Both are measured on a part and said so: the SDK needs minutes for what others do in seconds.
"""

import asyncio
import time
from dataclasses import dataclass

import httpx
from kiota_abstractions.authentication import AnonymousAuthenticationProvider
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_service_client import GraphServiceClient

from tests.simulator.control import Simulator


@dataclass(frozen=True)
class Peer:
    """What a peer needed for how many people."""

    name: str
    people: int
    seconds: float

    def at(self, people: int) -> float:
        """Return the seconds for `people`, extrapolated."""
        return self.seconds * people / self.people


def read_by_sdk(simulator: Simulator, token: str, pages: int) -> Peer:
    """Read people with msgraph-sdk, page by page."""
    return asyncio.run(_read_by_sdk(simulator, token, pages))


async def _read_by_sdk(simulator: Simulator, token: str, pages: int) -> Peer:
    async with httpx.AsyncClient(
        verify=str(simulator.ca_file),
        headers={"Authorization": f"Bearer {token}"},
        base_url=f"{simulator.graph}/v1.0",
        timeout=60,
    ) as client:
        adapter = GraphRequestAdapter(AnonymousAuthenticationProvider(), client)
        adapter.base_url = f"{simulator.graph}/v1.0"
        graph = GraphServiceClient(request_adapter=adapter)
        begun = time.monotonic()
        people = 0
        page = await graph.users.delta.get()
        for _ in range(pages):
            if page is None:
                break
            people += len(page.value or ())
            link = page.odata_next_link
            if not link:
                break
            page = await graph.users.delta.with_url(link).get()
        return Peer("msgraph-sdk, reading only", max(people, 1), time.monotonic() - begun)
