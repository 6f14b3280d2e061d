"""Who may sign in: the account somebody names, and whether it is let in. Contract a.6, b.6."""

from m365sim.entra.cards import Account
from m365sim.entra.refusals import EntraError
from m365sim.seeds import digest
from m365sim.state.applications import Application
from m365sim.state.directory import Directory
from m365sim.state.people import Life
from m365sim.state.sign_ins import Login
from m365sim.world import World


def named_account(world: World, directory: Directory, name: str) -> int:
    """Return the slot of the account somebody types: principal names, a guest's mail address."""
    slot = _slot(directory, name)
    if slot is not None:
        return slot
    others = (one for one in world.directories.values() if one is not directory)
    if any(_slot(one, name) is not None for one in others):
        raise EntraError(50020, tenant=directory.name)
    raise EntraError(50034, tenant=directory.name)


def check_account(directory: Directory, application: Application, slot: int) -> None:
    """Raise EntraError for somebody who may not sign in to an application."""
    if directory.people.life(slot) is not Life.LIVE:
        raise EntraError(50034, tenant=directory.name)
    if directory.people.properties(slot).get("accountEnabled") is False:
        raise EntraError(50057)
    object_id = directory.people.object_id(slot)
    if application.assignment_required and object_id not in application.assigned:
        raise EntraError(50105, client=application.application_id)


def shown_account(directory: Directory, slot: int) -> Account:
    """Return somebody as the pages show them."""
    properties = directory.people.properties(slot)
    return Account(
        object_id=directory.people.object_id(slot),
        name=text_of(directory, slot, "displayName"),
        principal_name=sign_in_name(directory, slot)
        or str(properties.get("userPrincipalName") or ""),
    )


def sign_in_name(directory: Directory, slot: int) -> str:
    """Return the name somebody signs in with: a guest's is the address at home."""
    if is_guest(directory, slot):
        return text_of(directory, slot, "mail") or text_of(directory, slot, "userPrincipalName")
    return text_of(directory, slot, "userPrincipalName")


def is_guest(directory: Directory, slot: int) -> bool:
    """Say whether somebody is a guest of the directory."""
    return directory.people.properties(slot).get("userType") == "Guest"


def text_of(directory: Directory, slot: int, name: str) -> str:
    """Return a property as text, "" where it is not set."""
    return str(directory.people.properties(slot).get(name) or "")


def hint_of(directory_id: str, object_id: str) -> str:
    """Return the value of the login_hint claim: opaque, and the same at each sign-in."""
    return f"O.{digest('login hint', directory_id, object_id, size=24).hex()}"


def is_meant(directory: Directory, login: Login, hint: str) -> bool:
    """Say whether a hint names somebody who is signed in."""
    if hint == hint_of(login.directory_id, login.object_id):
        return True
    slot = directory.people.by_id(login.object_id)
    return slot is not None and sign_in_name(directory, slot).lower() == hint.lower()


def _slot(directory: Directory, name: str) -> int | None:
    wanted = name.strip().lower()
    slot = directory.people.by_address(wanted)
    if slot is None or sign_in_name(directory, slot).lower() != wanted:
        return None
    return slot
