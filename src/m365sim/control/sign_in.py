"""What tests need of the sign-in flow: a code without a browser, and the keys that sign."""

from typing import Literal
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from m365sim.control.asking import Ask, ControlError
from m365sim.entra.authorize import code_without_browser
from m365sim.entra.call import LoginCall, read_call
from m365sim.entra.refusals import EntraError, sentence
from m365sim.entra.returning import address_with
from m365sim.entra.signing import key_id
from m365sim.faults.playing import NO_QUIRKS
from m365sim.state.keyring import KeyRing, new_key
from m365sim.wire import WireRequest, marks_of

AUTHORIZE_SUFFIX = "/oauth2/v2.0/authorize"


class SignIn(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Somebody who signs in as the application asks at an authorize address."""

    url: str
    user: str
    """An object id, or what one types at the page."""
    sid: str = ""


class KeyChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What happens to the keys of a directory."""

    do: Literal["own", "share", "announce", "rotate", "retire", "swap"]


def sign_in(ask: Ask) -> object:
    """Return where a browser would be sent back to; the pages are not asked."""
    wanted = ask.read(SignIn)
    call = _call(ask, wanted.url)
    try:
        asked, values = code_without_browser(call, wanted.user, wanted.sid)
    except EntraError as error:
        raise ControlError(sentence(error)) from error
    return {
        "redirect": address_with(asked, values),
        "code": values["code"],
        "state": asked.state,
        "sid": values["session_state"],
    }


def show_keys(ask: Ask) -> object:
    """Show which key signs the id tokens of a directory, and which are published."""
    ring = ask.world.keyring(ask.directory)
    return {
        "own": ask.directory.keyring is not None,
        "signing": key_id(ring.signing),
        "published": [key_id(key) for key in ring.keys],
    }


def change_keys(ask: Ask) -> object:
    """Change the keys of a directory; but for `share` they are its own from then on."""
    wanted, directory = ask.read(KeyChange).do, ask.directory
    if wanted == "share":
        directory.keyring = None
        return show_keys(ask)
    if wanted == "own":
        directory.keyring = directory.keyring or KeyRing((new_key(), new_key()))
        return show_keys(ask)
    ring = directory.keyring = directory.keyring or KeyRing(ask.world.shared_keys.keys)
    changes = {
        "announce": ring.announce,
        "rotate": ring.rotate,
        "retire": ring.retire,
        "swap": ring.swap,
    }
    changes[wanted]()
    return show_keys(ask)


def _call(ask: Ask, url: str) -> LoginCall:
    parts = urlsplit(url)
    tenant = parts.path.removesuffix(AUTHORIZE_SUFFIX).lstrip("/")
    if not parts.path.endswith(AUTHORIZE_SUFFIX) or not tenant or "/" in tenant:
        raise ControlError("`url` is not an address of an authorize endpoint.")
    world = ask.world
    request = WireRequest(
        number=world.journal.next_number(),
        method="GET",
        path=f"{parts.path}?{parts.query}",
        headers={"host": parts.netloc},
        body=b"",
    )
    marks = marks_of(request, world.clock.now())
    return read_call(world, request, tenant=unquote(tenant), quirks=NO_QUIRKS, marks=marks)
