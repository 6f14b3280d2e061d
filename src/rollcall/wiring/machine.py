"""What this machine gives to every run: its database, its keys, its way out, its clouds."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import AsyncConnection

from rollcall.accounts.session_life import SessionLife
from rollcall.core.errors import TransientError
from rollcall.credentials.keyfile import load_key_ring
from rollcall.credentials.sealing import KeyRing
from rollcall.environment import Environment, OperatorCloud
from rollcall.providers.http.client import Outgoing
from rollcall.providers.m365.clouds import BUILT_IN, ISSUER, Cloud
from rollcall.sip.carrier_dns import CarrierDns
from rollcall.sip.carrier_places import CarrierPlaces


@dataclass(frozen=True)
class Machine:
    """A machine that can run syncs. `conninfo` may hold a password."""

    environment: Environment
    conninfo: str = field(repr=False)

    def key_ring(self) -> KeyRing:
        """Return the keys that seal secrets."""
        return load_key_ring(self.environment.encryption_key_file)

    def clouds(self) -> Mapping[str, Cloud]:
        """Return the clouds by name: the built-in ones and the operator's."""
        own = {each.name: _to_cloud(each) for each in self.environment.clouds}
        return {**BUILT_IN, **own}

    def outgoing(self, cloud: Cloud) -> Outgoing:
        """Return how `cloud` is reached from here."""
        environment = self.environment
        files = (environment.ca_bundle, cloud.ca_file)
        proxy = environment.https_proxy
        return Outgoing(
            proxy=proxy.value if proxy else None,
            ca_files=tuple(path for path in files if isinstance(path, Path)),
        )

    def carrier_places(self) -> CarrierPlaces:
        """Return where carriers may be."""
        environment = self.environment
        own = (environment.sip_address, environment.sip_public_address)
        return CarrierPlaces(
            own=tuple(each for each in own if each), loopback=environment.loopback_carriers
        )

    def carrier_dns(self) -> CarrierDns:
        """Return who is asked for the servers of carriers."""
        environment = self.environment
        servers = environment.carrier_name_servers or ()
        return CarrierDns(
            name_servers=[(each.host, each.port) for each in servers],
            seed=environment.sip_public_address or environment.sip_address,
        )

    def session_life(self) -> SessionLife:
        """Return how long people stay signed in."""
        return to_session_life(self.environment)

    async def connect(self, stack: AsyncExitStack, *, name: str = "rollcall") -> AsyncConnection:
        """Open a connection to the database, in autocommit; `stack` closes it.

        `name` is what the server lists it under.
        """
        try:
            connection = await AsyncConnection.connect(
                self.conninfo, autocommit=True, application_name=name
            )
        except psycopg.OperationalError as error:
            raise TransientError(
                "The database does not answer. Nothing was changed.", code="database-gone"
            ) from error
        return await stack.enter_async_context(connection)


def _to_cloud(entry: OperatorCloud) -> Cloud:
    return Cloud(
        name=entry.name,
        login=entry.login,
        graph=entry.graph,
        portal=entry.portal or entry.login,
        issuer=entry.issuer or ISSUER,
        contact_delta=entry.contact_delta,
        ca_file=entry.ca_file,
    )


def to_session_life(environment: Environment) -> SessionLife:
    """Return how long people stay signed in by the settings of a machine."""
    return SessionLife(
        idle=timedelta(minutes=environment.session_idle_minutes),
        longest=timedelta(days=environment.session_days),
    )


def utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


def new_id() -> str:
    """Return a fresh random id."""
    return str(uuid4())
