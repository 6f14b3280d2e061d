"""What the guide through a set-up says of the directory's side: clouds, permissions, consent.

Whether a directory is there can be asked before there is a key pair.
"""

import asyncio
from collections.abc import Collection
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode

import msgspec

from rollcall.core.errors import SyncError, TransientError
from rollcall.core.policy import Stage
from rollcall.integrations.status import Status
from rollcall.providers.http.client import open_client
from rollcall.providers.m365.clouds import find_cloud
from rollcall.providers.m365.discovery import check_graph_host, read_discovery
from rollcall.providers.m365.permissions import needed
from rollcall.wiring.machine import Machine, new_id, utc_now
from rollcall.wiring.sync import run_async

REGISTRATIONS: Final = "#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade"
"""Where the cloud's portal lists them."""

PATIENCE: Final = 8.0
"""Seconds that Microsoft gets to say whether a directory is there, while somebody types."""


class CloudLine(msgspec.Struct, frozen=True):
    """A cloud that may be chosen, and where its administrators register applications."""

    name: str
    portal: str


class PermissionLine(msgspec.Struct, frozen=True, kw_only=True):
    """A permission to grant. `granted` is None as long as nobody can know."""

    name: str
    delegated: bool
    optional: bool
    granted: bool | None


class Seen(StrEnum):
    """What was seen of a directory."""

    THERE = "there"
    MISSING = "missing"
    ELSEWHERE = "elsewhere"
    SILENT = "silent"


class Sight(msgspec.Struct, frozen=True):
    """What was seen of a directory, and Microsoft's words where it was not seen well."""

    seen: Seen
    detail: str = ""


def list_clouds(machine: Machine) -> list[CloudLine]:
    """Return the clouds that there are on this machine."""
    return [
        CloudLine(cloud.name, f"{cloud.portal}/{REGISTRATIONS}")
        for cloud in machine.clouds().values()
    ]


def list_permissions(
    stages: Collection[Stage], *, sign_in: bool, granted: Collection[str] | None
) -> list[PermissionLine]:
    """Return the permissions that the switches need. Delegated ones no token of ours can show."""
    lines = [
        PermissionLine(
            name=each.name,
            delegated=False,
            optional=each.optional,
            granted=None if granted is None else each.name in granted,
        )
        for each in needed(stages)
    ]
    delegated = ("openid", "profile") if sign_in else ()
    return lines + [
        PermissionLine(name=name, delegated=True, optional=False, granted=None)
        for name in delegated
    ]


def consent_address(machine: Machine, status: Status, *, redirect_uri: str, state: str) -> str:
    """Return the page on which an administrator of the directory consents for everybody."""
    cloud = machine.clouds().get(status.cloud)
    if cloud is None or status.directory_id is None or status.application_id is None:
        return ""
    query = {"client_id": status.application_id, "redirect_uri": redirect_uri, "state": state}
    return f"{cloud.consent_url(status.directory_id)}?{urlencode(query)}"


def see_directory(machine: Machine, cloud_name: str, directory_id: str) -> Sight:
    """Look whether there is such a directory in a cloud. Talks to Microsoft."""
    cloud = find_cloud(cloud_name, machine.clouds())

    async def look() -> None:
        async with (
            asyncio.timeout(PATIENCE),
            open_client(
                outgoing=machine.outgoing(cloud), origins=cloud.origins, new_id=new_id
            ) as client,
        ):
            found = await read_discovery(client, cloud, directory_id, now=utc_now())
            check_graph_host(found.discovery, cloud)

    try:
        run_async(look)
    except TimeoutError:
        return Sight(Seen.SILENT, f"{cloud.login}: no answer in {PATIENCE:.0f} seconds.")
    except TransientError as error:
        return Sight(Seen.SILENT, str(error))
    except SyncError as error:
        elsewhere = error.code == "wrong-cloud"
        missing = error.code == "wrong-directory"
        seen = Seen.ELSEWHERE if elsewhere else Seen.MISSING if missing else Seen.SILENT
        return Sight(seen, str(error))
    return Sight(Seen.THERE)
