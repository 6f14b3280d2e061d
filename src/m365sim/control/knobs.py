"""Clock, settings, faults, tokens, the log: everything that is not a directory's contents."""

import re
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from m365sim.control.asking import Ask, ControlError
from m365sim.control.directories import written_directory
from m365sim.faults.kinds import AnyFault
from m365sim.faults.rules import Rule
from m365sim.settings import Settings
from m365sim.state.directory import Expiry

FAULT: msgspec.json.Decoder[AnyFault] = msgspec.json.Decoder(AnyFault)


class ClockSetting(Struct, frozen=True, forbid_unknown_fields=True):
    """How far the simulator's clock is ahead of the machine's."""

    offset_seconds: float


class RecordingSetting(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether whole exchanges are kept."""

    on: bool


class Expiration(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which tokens are lost, and what is said about them."""

    users: bool = False
    contacts: bool = False
    next_links: bool = False
    """The tokens of next links too, not only those of delta links."""
    status: int | None = None
    code: str | None = None
    with_location: bool | None = None


def show_state(ask: Ask) -> object:
    """Show what there is."""
    world = ask.world
    return {
        "login": world.login_url,
        "graph": world.graph_url,
        "cloud": world.cloud.name,
        "offset_seconds": world.clock.offset_seconds,
        "settings": msgspec.to_builtins(world.settings),
        "faults": len(world.faults.rules),
        "requests": world.journal.last_number,
        "directories": [written_directory(one) for one in world.directories.values()],
    }


def reset(ask: Ask) -> object:
    """Forget faults, settings, clock and log; `?directories=1` removes all directories too."""
    ask.world.reset()
    if ask.query.get("directories"):
        ask.world.directories.clear()
    return {}


def set_clock(ask: Ask) -> object:
    """Set the clock."""
    ask.world.clock.offset_seconds = ask.read(ClockSetting).offset_seconds
    return {"now": ask.world.clock.now()}


def show_settings(ask: Ask) -> object:
    """Show the settings."""
    return msgspec.to_builtins(ask.world.settings)


def set_settings(ask: Ask) -> object:
    """Set some settings; the others stay."""
    wanted = msgspec.to_builtins(ask.world.settings) | ask.read(dict[str, object])
    try:
        ask.world.settings = msgspec.convert(wanted, Settings)
    except msgspec.ValidationError as error:
        raise ControlError(str(error)) from error
    return show_settings(ask)


def add_fault(ask: Ask) -> object:
    """Switch a fault on."""
    fault = ask.read_with(FAULT)
    try:
        re.compile(fault.match.path or "")
    except re.error as error:
        raise ControlError(f"match.path is not a regular expression: {error}.") from error
    return _written(ask.world.faults.add(fault))


def list_faults(ask: Ask) -> object:
    """List the faults and how often they struck."""
    return {"faults": [_written(rule) for rule in ask.world.faults.rules.values()]}


def remove_faults(ask: Ask) -> object:
    """Switch all faults off, or one."""
    rules = ask.world.faults.rules
    if not ask.arguments:
        rules.clear()
    elif rules.pop(int(ask.arguments[0]), None) is None:
        raise ControlError(f"There is no fault {ask.arguments[0]}.", status=404)
    return {}


def expire_delta_tokens(ask: Ask) -> object:
    """Declare delta tokens lost that were given out until now."""
    wanted, directory = ask.read(Expiration), ask.directory
    if wanted.users:
        directory.users_tokens.delta += 1
        directory.users_tokens.next += wanted.next_links
        directory.users_expiry = _adjusted(directory.users_expiry, wanted)
    if wanted.contacts:
        directory.contacts_tokens.delta += 1
        directory.contacts_tokens.next += wanted.next_links
        directory.contacts_expiry = _adjusted(directory.contacts_expiry, wanted)
    directory.forget_answers()
    return {}


def revoke_tokens(ask: Ask) -> object:
    """Refuse all access tokens that were issued until now."""
    ask.world.tokens_revoked = ask.world.tokens_issued
    return {"revoked": ask.world.tokens_revoked}


def list_requests(ask: Ask) -> object:
    """List the requests after `?since=`."""
    since = ask.query.get("since", "0")
    if not since.isdigit():
        raise ControlError("`since` is the number of a request.")
    return {
        "last": ask.world.journal.last_number,
        "requests": ask.world.journal.since(int(since)),
    }


def remove_requests(ask: Ask) -> object:
    """Forget the requests; numbers go on."""
    ask.world.journal.clear()
    return {}


def set_recording(ask: Ask) -> object:
    """Keep whole exchanges from now on, or no longer; either way the ones before are forgotten."""
    ask.world.journal.recording = ask.read(RecordingSetting).on
    if ask.world.journal.recording:
        ask.world.journal.exchanges.clear()
    return {}


def show_recording(ask: Ask) -> object:
    """Show the exchanges that were kept."""
    return {"exchanges": ask.world.journal.exchanges}


def _adjusted(expiry: Expiry, wanted: Expiration) -> Expiry:
    given: dict[Literal["status", "code", "with_location"], object] = {
        "status": wanted.status,
        "code": wanted.code,
        "with_location": wanted.with_location,
    }
    return replace(expiry, **{name: value for name, value in given.items() if value is not None})


def _written(rule: Rule) -> dict[str, object]:
    fault = msgspec.to_builtins(rule.fault)
    return {"id": rule.id, "matched": rule.matched, "hits": rule.hits, **fault}
