"""What a switch is told of the ways to the telephone network, as the tables in its memory.

Pure: facts of all tenants in, keys and values out, and the commands that make one memory into
another. The routing beside it (kamailio/trunk.cfg) reads these tables:

    trunk    <domain>::plan|emergency                  which plan, which emergency numbers
             <domain>::host|format|main|…              the carrier, while the trunk is in use
             <domain>::target|target2|target3          its servers, the first to try first
             <name>::domain                            whose registration a name at a carrier is
    plan     <country>::code|abroad|prefix|…           how people dial there
    emergency  <country or domain>::<number>
    carrier  <address>                                 a carrier is there; whose plan it speaks
             <address>::<domain>                       and it may call this tenant

An <address> is a whole one or its first parts ("192.0.2"), so that a network is a few keys; of
IPv6 it is a whole one.
"""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network

import msgspec
from typing_extensions import override

from rollcall.core.dialling import dial_plan, emergency_numbers
from rollcall.credentials.secret import Secret
from rollcall.sip.carrier_dns import USUAL_PORTS, Carrier, Hop

REGISTRATION = "registration"
EXPIRES = 600
SILENT = "silent"
"""The state of a trunk whose carrier does not answer."""

TARGETS = ("target", "target2", "target3")
"""Under which names the switch has a carrier's servers: a call is tried at no more."""

_NONE = "-"
"""Stands for nothing: no number begins with it."""

_ONLINE = 1 << 2
"""The flag of uac.reg_info: the carrier has accepted."""

_ONGOING = 1 << 1
"""The flag of uac.reg_info: the carrier was asked and has not answered yet."""

_LONGEST_DETAIL = 80


class TrunkFacts(msgspec.Struct, frozen=True, kw_only=True):
    """How a tenant dials, and its trunk while that is in use (`kind` is "" without one)."""

    tenant_id: int
    domain: str
    country: str
    emergency: tuple[str, ...] | None = None
    kind: str = ""
    host: str = ""
    proxy: str = ""
    port: int | None = None
    transport: str = "udp"
    username: str = ""
    password: Secret | None = None
    addresses: tuple[str, ...] = ()
    number_format: str = "plus"
    main_number: int | None = None

    @property
    def carrier(self) -> Carrier:
        """Where everything is sent."""
        return Carrier(self.proxy or self.host, self.transport, self.port)


class SwitchMemory(msgspec.Struct, frozen=True):
    """What stands in a switch's tables, by table and key, and its registrations by their names."""

    tables: Mapping[tuple[str, str], str]
    registrations: Mapping[str, tuple[str | int, ...]]

    @override
    def __repr__(self) -> str:
        return f"SwitchMemory({len(self.tables)} values, {len(self.registrations)} registrations)"


class Command(msgspec.Struct, frozen=True):
    """Something to ask of the switch. Passwords are among the values."""

    method: str
    values: tuple[str | int, ...]

    @override
    def __repr__(self) -> str:
        return f"Command({self.method})"


NOTHING = SwitchMemory({}, {})


def registration_name(tenant_id: int) -> str:
    """Return what a tenant's registration is called at its carrier."""
    return f"trunk{tenant_id}"


def registered_as(fact: TrunkFacts) -> str:
    """Return who the switch is at the carrier: the key of the table `registrar`."""
    return f"{fact.username}@{_host(fact)}"


def build_memory(
    facts: tuple[TrunkFacts, ...],
    *,
    hops: Mapping[int, tuple[Hop, ...]],
    contact: str,
) -> SwitchMemory:
    """Return the memory that goes with the facts.

    `hops` are the servers of carriers by tenant id, as far as they are known, `contact` is the
    address and port that carriers reach the switch at.
    """
    tables: dict[tuple[str, str], str] = {}
    registrations: dict[str, tuple[str | int, ...]] = {}
    for fact in sorted(facts, key=lambda fact: fact.tenant_id):
        tables |= _dialling(fact)
        if not fact.kind:
            continue
        known = hops.get(fact.tenant_id, ())
        tables |= _trunk(fact, known)
        for key in _address_keys(fact.addresses or tuple(hop.address for hop in known)):
            tables.setdefault(("carrier", key), fact.country)
            tables["carrier", f"{key}::{fact.domain}"] = "1"
        if fact.kind == REGISTRATION and fact.password is not None and known:
            name = registration_name(fact.tenant_id)
            registrations[name] = _registration(fact, _target(fact, known[0]), contact)
    return SwitchMemory(tables, registrations)


def memory_commands(before: SwitchMemory, after: SwitchMemory) -> list[Command]:
    """Return what makes `before` into `after`: first what comes, then what goes."""
    commands = [
        Command("htable.sets", (table, key, value))
        for (table, key), value in after.tables.items()
        if before.tables.get((table, key)) != value
    ]
    commands += [
        Command("htable.delete", (table, key))
        for table, key in before.tables
        if (table, key) not in after.tables
    ]
    for name in before.registrations:
        if before.registrations[name] != after.registrations.get(name):
            commands.append(Command("uac.reg_remove", (name,)))
    for name, values in after.registrations.items():
        if before.registrations.get(name) != values:
            commands.append(Command("uac.reg_add", values))
    return commands


def told_memory(
    before: SwitchMemory, after: SwitchMemory, refused: Sequence[Command]
) -> SwitchMemory:
    """Return what stands in the switch when it was told of `after` and refused some of it."""
    tables, registrations = dict(after.tables), dict(after.registrations)
    for command in refused:
        if command.method == "htable.sets":
            table, key, _ = (str(value) for value in command.values)
            tables.pop((table, key), None)
            if (table, key) in before.tables:
                tables[table, key] = before.tables[table, key]
        else:
            # Perhaps there is one of that name already: to be removed before the next attempt.
            registrations[str(command.values[0])] = ()
    return SwitchMemory(tables, registrations)


def _dialling(fact: TrunkFacts) -> dict[tuple[str, str], str]:
    """Return how a tenant's people dial. The facts of a country stand there once."""
    own = fact.emergency is not None
    numbers = fact.emergency if fact.emergency is not None else emergency_numbers(fact.country)
    named = fact.domain if own else fact.country
    told = {
        ("trunk", f"{fact.domain}::plan"): fact.country,
        ("trunk", f"{fact.domain}::emergency"): named,
    }
    told |= {("emergency", f"{named}::{number}"): "1" for number in numbers}
    plan = dial_plan(fact.country)
    if plan is not None:
        fields = {
            "code": plan.code,
            "abroad": ",".join(plan.abroad),
            "prefix": plan.prefix or _NONE,
            "bare": "yes" if plan.bare else _NONE,
            "national": plan.national,
            "services": plan.services,
        }
        told |= {("plan", f"{fact.country}::{field}"): value for field, value in fields.items()}
    return told


def _trunk(fact: TrunkFacts, known: tuple[Hop, ...]) -> dict[tuple[str, str], str]:
    fields = {
        "kind": fact.kind,
        "host": _host(fact),
        "format": fact.number_format,
        "main": str(fact.main_number or ""),
    }
    fields |= {name: _target(fact, hop) for name, hop in zip(TARGETS, known, strict=False)}
    if fact.password is not None and fact.username:
        fields["user"] = fact.username
        fields["password"] = fact.password.reveal().decode()
    told = {("trunk", f"{fact.domain}::{field}"): value for field, value in fields.items()}
    if fact.kind == REGISTRATION:
        told["trunk", f"{registration_name(fact.tenant_id)}::domain"] = fact.domain
    return {key: value for key, value in told.items() if value}


def _host(fact: TrunkFacts) -> str:
    """Return the carrier as it stands in addresses of SIP."""
    plain = f"[{fact.host}]" if ":" in fact.host else fact.host
    usual = fact.port in {None, USUAL_PORTS[fact.transport]}
    return plain if usual or fact.proxy else f"{plain}:{fact.port}"


def _target(fact: TrunkFacts, hop: Hop) -> str:
    """Return where the switch sends to: an address, so that it never waits for a name."""
    address = f"[{hop.address}]" if ":" in hop.address else hop.address
    return f"sip:{address}:{hop.port};transport={fact.transport}"


def _registration(fact: TrunkFacts, target: str, contact: str) -> tuple[str | int, ...]:
    """Return the values of uac.reg_add, in its order. An empty realm is whatever it asks for."""
    assert fact.password is not None  # noqa: S101 - the caller looked
    name = registration_name(fact.tenant_id)
    place = contact if fact.transport == "udp" else f"{contact};transport={fact.transport}"
    return (
        *(name, name, fact.domain, fact.username, _host(fact), "", fact.username),
        *(fact.password.reveal().decode(), ".", target, EXPIRES, 0, 0, "", place),
    )


def _address_keys(written: tuple[str, ...]) -> list[str]:
    """Return the keys of addresses and networks; what is none of them has none."""
    keys: dict[str, None] = {}
    for text in written:
        try:
            network = ip_network(text, strict=False)
        except ValueError:
            continue
        keys |= dict.fromkeys(_network_keys(network))
    return list(keys)


def _network_keys(network: IPv4Network | IPv6Network) -> list[str]:
    """Return the first parts of the addresses of a network; of IPv6, whole addresses only."""
    if network.version == 6:  # noqa: PLR2004 - the version of IP
        whole = network.num_addresses == 1
        return [str(network.network_address)] if whole else []
    parts = max(1, -(-network.prefixlen // 8))
    return [
        ".".join(str(part.network_address).split(".")[:parts])
        for part in network.subnets(new_prefix=parts * 8)
    ]


class TrunkReading(msgspec.Struct, frozen=True):
    """How a trunk is just now, in the words of calling_trunkstate."""

    tenant_id: int
    state: str
    detail: str = ""


def read_trunk(
    fact: TrunkFacts,
    *,
    known: tuple[Hop, ...],
    registration: Mapping[str, object] | None,
    answer: str,
) -> TrunkReading | None:
    """Return how a trunk is, None when there is no news.

    `registration` is what uac.reg_info says of it, `answer` how the carrier refused it last, as
    the table `registrar` has it ("403 Forbidden").
    """
    if not known:
        return TrunkReading(fact.tenant_id, SILENT, f"{fact.carrier.host} has no address")
    if fact.kind != REGISTRATION:
        return TrunkReading(fact.tenant_id, "ready")
    flags = registration.get("flags") if registration is not None else None
    if not isinstance(flags, int):
        return TrunkReading(fact.tenant_id, "unknown")
    if flags & _ONLINE:
        return TrunkReading(fact.tenant_id, "registered")
    if answer:
        return TrunkReading(fact.tenant_id, "refused", answer[:_LONGEST_DETAIL])
    if flags & _ONGOING or not flags:
        return None
    return TrunkReading(fact.tenant_id, SILENT, "no answer")
