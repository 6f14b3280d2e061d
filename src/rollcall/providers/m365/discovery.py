"""What a directory says of itself to anybody: that it is there, and in which cloud.

OpenID Connect Discovery 1.0, https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc
"""

from datetime import datetime

import msgspec

from rollcall.core.errors import SetupError, TransientError
from rollcall.providers.http.client import Broken, HttpClient, Request
from rollcall.providers.m365.auth import explain_refusal
from rollcall.providers.m365.clouds import Cloud
from rollcall.providers.m365.graph import OK
from rollcall.providers.m365.wire import Discovery

SERVER_ERROR = 500


class Described(msgspec.Struct, frozen=True):
    """A directory's description, and what time it was there."""

    discovery: Discovery
    date: datetime | None


async def read_discovery(
    client: HttpClient, cloud: Cloud, directory_id: str, *, now: datetime
) -> Described:
    """Return how a directory describes itself, or raise SyncError."""
    answer = await client.send(Request(method="GET", url=cloud.discovery_url(directory_id)))
    if isinstance(answer, Broken):
        raise TransientError(
            f"{cloud.login}: {answer.why}.", code="unreachable", help_page="proxy.md"
        )
    if answer.status >= SERVER_ERROR:
        raise TransientError(
            f"{cloud.login} answered {answer.status}: try again in a while.", code="unreachable"
        )
    if answer.status != OK:
        raise explain_refusal(answer, now)
    try:
        found = msgspec.json.decode(answer.body, type=Discovery)
    except msgspec.DecodeError:
        raise SetupError(
            f"{cloud.login} answered with something else than a directory's description: a "
            "proxy or a firewall may be between.",
            code="unreachable",
            help_page="proxy.md",
        ) from None
    return Described(found, answer.date)


def check_graph_host(found: Discovery, cloud: Cloud) -> None:
    """Raise SetupError if the directory's Graph is another cloud's."""
    host = cloud.graph.removeprefix("https://")
    if found.msgraph_host and found.msgraph_host != host:
        raise SetupError(
            f"The directory says that its Graph host is {found.msgraph_host}, but the cloud "
            f"{cloud.name} has {host}: another national cloud is meant.",
            code="wrong-cloud",
            help_page="errors/wrong-cloud.md",
        )
