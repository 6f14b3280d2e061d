"""Everything there is in one simulator: directories, clock, settings, faults and the log."""

from joserfc.jwk import RSAKey

from m365sim.clock import Clock
from m365sim.clouds import Cloud
from m365sim.faults.rules import Faults
from m365sim.journal import Journal
from m365sim.limits import Limits
from m365sim.settings import Settings
from m365sim.state.directory import Directory


class World:
    """What Entra, Graph and the control interface share."""

    def __init__(self, *, cloud: Cloud, signing_keys: tuple[RSAKey, ...]) -> None:
        self.cloud = cloud
        self.signing_keys = signing_keys
        """All are published; the first one signs."""
        self.clock = Clock()
        self.settings = Settings()
        self.faults = Faults()
        self.limits = Limits()
        self.journal = Journal()
        self.directories: dict[str, Directory] = {}
        self.tokens_issued = 0
        self.tokens_revoked = 0
        """Tokens up to this number are no longer accepted."""
        self.login_url = ""
        self.graph_url = ""
        """`https://host:port`, as announced."""

    def directory(self, name: str) -> Directory | None:
        """Return a directory by its id or one of its verified domains."""
        wanted = name.lower()
        found = self.directories.get(wanted)
        if found is not None:
            return found
        for directory in self.directories.values():
            if wanted in directory.domains:
                return directory
        return None

    def reset(self) -> None:
        """Forget faults, settings, clock, limits used and log; directories stay as they are."""
        self.clock.offset_seconds = 0.0
        self.settings = Settings()
        self.faults = Faults()
        self.limits = Limits()
        self.journal.clear()
