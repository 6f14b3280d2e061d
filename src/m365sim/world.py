"""Everything there is in one simulator: directories, clock, settings, faults and the log."""

from functools import cached_property

from joserfc.jwk import RSAKey

from m365sim.clock import Clock
from m365sim.clouds import Cloud
from m365sim.faults.rules import Faults
from m365sim.journal import Journal
from m365sim.limits import Limits
from m365sim.settings import Settings
from m365sim.state.directory import Directory
from m365sim.state.keyring import KeyRing, new_key
from m365sim.state.sign_ins import SignIns


class World:
    """What Entra, Graph and the control interface share."""

    def __init__(self, *, cloud: Cloud, signing_keys: tuple[RSAKey, ...]) -> None:
        self.cloud = cloud
        self.signing_keys = signing_keys
        """The first one signs access tokens."""
        self.shared_keys = KeyRing(signing_keys)
        """Of all directories without keys of their own: the first one signs id tokens."""
        self.sign_ins = SignIns()
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

    @cached_property
    def stray_key(self) -> RSAKey:
        """A key that is published nowhere."""
        return new_key()

    def keyring(self, directory: Directory | None) -> KeyRing:
        """Return the keys that sign the id tokens of a directory."""
        own = directory.keyring if directory is not None else None
        return own or self.shared_keys

    def reset(self) -> None:
        """Forget faults, settings, clock, limits used, sign-ins and log; directories stay."""
        self.clock.offset_seconds = 0.0
        self.settings = Settings()
        self.faults = Faults()
        self.limits = Limits()
        self.sign_ins = SignIns()
        self.shared_keys = KeyRing(self.signing_keys)
        self.journal.clear()
