"""What doctor says of the switch: programs, whether it answers, who can reach it, trunks."""

import ipaddress
import socket
from collections.abc import Iterator

from rollcall.calling.claims import claimed_twice
from rollcall.calling.trunks import TrunkView, find_trunk
from rollcall.core.errors import TransientError
from rollcall.core.findings import Finding, Light
from rollcall.environment import ConfigurationError, Environment
from rollcall.fleet.queries import living_processes
from rollcall.host.certificate import (
    CertificateError,
    certificate_files,
    parse_pair,
    read_files,
)
from rollcall.host.switch_places import look_for_switch_places
from rollcall.host.switch_programs import find_switch_programs
from rollcall.sip.rpc import Control
from rollcall.tenants.queries import TenantView, list_tenants

STEP = "switch"
HELP_PAGE = "switch.md"
MOST_NAMED = 3
TRUNK_PAGE = "trunk.md"
MOST_CLAIMS = 20
WELL = {"registered", "ready"}


def switch_findings(environment: Environment) -> Iterator[Finding]:
    """Yield a finding for the programs, the process, the address, and the certificate."""
    processes = living_processes()
    switches = [process for process in processes if process.kind == "switch"]
    here = [process for process in switches if process.host == socket.gethostname()]
    if switches and not here:
        yield Finding(STEP, Light.GREEN, f"It runs on {switches[0].host}.", HELP_PAGE)
        return
    if not environment.switch and not here:
        yield Finding(STEP, Light.GREEN, "It is switched off here: nobody can call.", HELP_PAGE)
        return
    try:
        programs = find_switch_programs()
    except ConfigurationError as error:
        yield Finding(STEP, Light.AMBER, str(error), HELP_PAGE)
        return
    words = f"Kamailio {programs.kamailio_version}, rtpengine {programs.rtpengine_version}"
    if not programs.is_tried:
        yield Finding(STEP, Light.AMBER, f"{words}: tried with Kamailio 5.6.", HELP_PAGE)
    if here:
        yield _answer(environment, words)
        yield _address(environment)
        yield from _certificate(environment)
    elif processes:
        sentence = f"{words}, but no switch runs: nobody can call. log/switch.log says why."
        yield Finding(STEP, Light.RED, sentence, HELP_PAGE)


def claim_findings() -> Iterator[Finding]:
    """Yield who claims numbers of the telephone network that another tenant claimed before."""
    for claim in claimed_twice(limit=MOST_CLAIMS):
        what = "a number" if claim.count == 1 else f"{claim.count} numbers"
        sentence = (
            f"{claim.other} and {claim.first} both have {what}: calls of a common carrier reach "
            f"{claim.first}, which had {'it' if claim.count == 1 else 'them'} first."
        )
        yield Finding("numbers", Light.AMBER, sentence, TRUNK_PAGE)


def trunk_finding(tenant: TenantView) -> Finding | None:
    """Return how it is with a tenant's trunk; nothing where it has none in use."""
    trunk = find_trunk(tenant.id)
    if trunk is None or not trunk.enabled:
        return None
    if trunk.needs_password:
        return Finding(tenant.slug, Light.RED, "The trunk has no password.", HELP_PAGE)
    return _judge(tenant, trunk)


def _judge(tenant: TenantView, trunk: TrunkView) -> Finding:
    if trunk.state is None:
        return Finding(tenant.slug, Light.AMBER, "No switch has tried the trunk yet.", HELP_PAGE)
    detail = f" ({trunk.state.detail})" if trunk.state.detail else ""
    light = Light.GREEN if trunk.state.state in WELL else Light.RED
    if trunk.state.state == "unknown":
        light = Light.AMBER
    return Finding(tenant.slug, light, f"The trunk is {trunk.state.state}{detail}.", HELP_PAGE)


def _answer(environment: Environment, words: str) -> Finding:
    places = look_for_switch_places(environment)
    try:
        Control(str(places.control)).ask("core.version")
    except TransientError:
        sentence = f"{words}, but Kamailio does not answer at {places.control}."
        return Finding(STEP, Light.RED, sentence, HELP_PAGE)
    return Finding(STEP, Light.GREEN, f"{words}, as user {places.user.name}.")


def _address(environment: Environment) -> Finding:
    address = environment.sip_address
    where = f"SIP at {address}, ports {environment.sip_port} and {environment.sips_port}"
    media = environment.media_ports
    words = f"{where}; web phones at {environment.wss_port}; speech {media.first}–{media.last}."
    if ipaddress.ip_address(address).is_loopback:
        sentence = f"{words} Only this machine gets there: set sip_address."
        return Finding("switch address", Light.AMBER, sentence, HELP_PAGE)
    return Finding("switch address", Light.GREEN, words)


def _certificate(environment: Environment) -> Iterator[Finding]:
    """Yield what desk phones that speak TLS and check names will find."""
    files = certificate_files(environment)
    if not files.own:
        return
    try:
        pair = parse_pair(files, *read_files(files))
    except CertificateError:
        return  # the finding on the web certificate says so
    without = [tenant for tenant in list_tenants() if not pair.covers(tenant.sip_domain)]
    if without:
        named = ", ".join(tenant.sip_domain for tenant in without[:MOST_NAMED])
        more = f" and {len(without) - MOST_NAMED} more" if len(without) > MOST_NAMED else ""
        sentence = (
            f"The certificate is not for {named}{more}: desk phones with TLS need a name that it "
            "is for as their proxy."
        )
        yield Finding("switch certificate", Light.GREEN, sentence, HELP_PAGE)
