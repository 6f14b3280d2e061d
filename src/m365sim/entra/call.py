"""A request to the login host."""

from collections.abc import Mapping
from dataclasses import dataclass

from m365sim.faults.playing import Quirks
from m365sim.state.directory import Directory
from m365sim.world import World


@dataclass(frozen=True, slots=True)
class LoginCall:
    """What a page of the login host gets to work with."""

    world: World
    tenant: str
    """The directory as the client wrote it: id, domain, `common` …"""
    host_url: str
    """`https://host:port` as the client called it."""
    form: Mapping[str, str]
    query: Mapping[str, str]
    quirks: Quirks

    @property
    def directory(self) -> Directory | None:
        """The directory that was called, if there is one."""
        return self.world.directory(self.tenant)
