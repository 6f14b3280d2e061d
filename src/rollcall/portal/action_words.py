"""What stands in the audit log, in words: one table for all actions that are noted."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as __

AREAS: Final[Mapping[str, Promise]] = {
    "sign_in": __("Signing in"),
    "account": __("Accounts"),
    "scope": __("Scope of a tenant"),
    "tenant": __("Tenant"),
    "integration": __("Integration"),
    "key_pair": __("Key pairs"),
    "run": __("Runs"),
    "extension": __("Extensions"),
    "person": __("People"),
    "number": __("Kept numbers"),
    "contact": __("Contacts"),
    "device": __("Phones"),
    "trunk": __("Trunk and its numbers"),
    "call": __("Calls"),
    "token": __("API tokens"),
    "notices": __("Notices"),
    "mail": __("Mail"),
    "server": __("Server"),
}
"""Areas of actions, in the order in which one chooses among them."""

ACTIONS: Final[Mapping[str, tuple[str, Promise]]] = {
    "account.added": ("account", __("Account added")),
    "account.changed": ("account", __("Account changed")),
    "account.disabled": ("account", __("Account disabled")),
    "account.enabled": ("account", __("Account enabled")),
    "account.link_made": ("account", __("Link to an account made")),
    "account.password_refused": ("account", __("Change of a password refused")),
    "account.password_set": ("account", __("Password set")),
    "account.recovery_code_used": ("account", __("Recovery code used")),
    "account.recovery_codes_made": ("account", __("Recovery codes made")),
    "account.renamed": ("account", __("Account renamed")),
    "account.second_factor_removed": ("account", __("Second factor removed")),
    "account.second_factor_set_up": ("account", __("Second factor set up")),
    "backup.made": ("server", __("Backup made")),
    "backup.restored": ("server", __("Backup restored")),
    "contact.added": ("contact", __("Company contact added")),
    "contact.deleted": ("contact", __("Company contact deleted")),
    "contact.edited": ("contact", __("Company contact changed")),
    "contacts.listed": ("contact", __("Contacts listed at the server's shell")),
    "calls.listed": ("call", __("Calls listed at the server's shell")),
    "database.upgraded": ("server", __("Database upgraded")),
    "device.added": ("device", __("Phone added")),
    "device.password_renewed": ("device", __("Phone given a new password")),
    "device.removed": ("device", __("Phone removed")),
    "device.renamed": ("device", __("Phone renamed")),
    "emergency_numbers.set": ("trunk", __("Emergency numbers set")),
    "encryption.key_added": ("server", __("Encryption key added")),
    "encryption.key_dropped": ("server", __("Encryption key dropped")),
    "encryption.rotated": ("server", __("Secrets sealed with another key")),
    "extension.added": ("extension", __("Extension added")),
    "extension.deleted": ("extension", __("Extension deleted")),
    "extension.edited": ("extension", __("Extension changed")),
    "integration.changed": ("integration", __("Integration changed")),
    "integration.paused": ("integration", __("Sync paused")),
    "integration.reset": ("integration", __("Integration reset")),
    "integration.resumed": ("integration", __("Sync resumed")),
    "key_pair.activated": ("key_pair", __("Key pair accepted by Microsoft")),
    "key_pair.made": ("key_pair", __("Key pair made")),
    "key_pair.retired": ("key_pair", __("Key pair retired")),
    "mail.forgotten": ("mail", __("Mail given up")),
    "mail.retried": ("mail", __("Mail sent again")),
    "mail.server_set": ("mail", __("Mail server set")),
    "mail.tested": ("mail", __("Test mail sent")),
    "notices.addresses_set": ("notices", __("Addresses for notices set")),
    "number.given-up": ("number", __("Kept number given up")),
    "numbers.imported": ("number", __("Numbers imported")),
    "person.linked": ("person", __("Person linked to an extension")),
    "person.separated": ("person", __("Person separated from an extension")),
    "run.approved": ("run", __("Plan of a run applied")),
    "run.cancelled": ("run", __("Run cancelled")),
    "run.discarded": ("run", __("Plan of a run discarded")),
    "run.superseded": ("run", __("Plan of a run was out of date")),
    "scope.entered": ("scope", __("Entered by the provider")),
    "scope.left": ("scope", __("Left by the provider")),
    "sessions.ended": ("account", __("Sessions ended")),
    "sign_in.refused": ("sign_in", __("Sign-in refused")),
    "sign_in.succeeded": ("sign_in", __("Signed in")),
    "sign_in.tested": ("sign_in", __("Sign-in with Microsoft tested")),
    "tenant.added": ("tenant", __("Tenant added")),
    "tenant.changed": ("tenant", __("Tenant changed")),
    "tenant.deleted": ("tenant", __("Tenant deleted")),
    "tenant.exported": ("tenant", __("Settings exported")),
    "tenant.imported": ("tenant", __("Settings imported")),
    "tenant.resumed": ("tenant", __("Tenant resumed")),
    "tenant.suspended": ("tenant", __("Tenant suspended")),
    "token.made": ("token", __("Token made")),
    "token.revoked": ("token", __("Token revoked")),
    "trunk.removed": ("trunk", __("Trunk removed")),
    "trunk.set": ("trunk", __("Trunk set")),
    "trunk_number.assigned": ("trunk", __("Number of the trunk assigned")),
    "trunk_numbers.added": ("trunk", __("Numbers of the trunk added")),
    "trunk_numbers.proposed": ("trunk", __("Numbers assigned by business phone")),
    "trunk_numbers.removed": ("trunk", __("Numbers of the trunk removed")),
}
"""Area and words of every action. A test reads the source for those that are missing."""

SHELL: Final = "shell:"
ROLLCALL: Final = "rollcall"
SOMEBODY: Final[Mapping[str, Promise]] = {
    "nobody": __("Somebody who is not signed in"),
    "set-up link": __("Who had the set-up link"),
    "forgotten password": __("Who forgot the password"),
}
TOKEN: Final = "token:"  # noqa: S105 - how an actor begins, and no secret
LONGEST: Final = 300


def action_words(action: str) -> str:
    """Return an action in words; one from another version as it is written."""
    return str(ACTIONS[action][1]) if action in ACTIONS else action


def actor_words(actor: str) -> str:
    """Return who did something: a mail address as it is, programs and the shell by name."""
    if actor.startswith(SHELL):
        return _("%(name)s at the server's shell") % {"name": actor.removeprefix(SHELL)}
    if actor == ROLLCALL:
        return _("Rollcall itself")
    if actor in SOMEBODY:
        return str(SOMEBODY[actor])
    if actor.startswith(TOKEN):
        number, _space, name = actor.removeprefix(TOKEN).partition(" ")
        return _("Token %(number)s %(name)s") % {"number": number, "name": name}
    return actor


def actions_in(choice: str) -> tuple[str, ...]:
    """Return the actions that a choice means: one of them, or all of an area."""
    if choice in ACTIONS:
        return (choice,)
    return tuple(action for action, (area, _words) in ACTIONS.items() if area == choice)


def choices(*areas: str) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Return areas with their actions, to choose among: all areas unless some are named."""
    return [
        (area, str(AREAS[area]), [(each, action_words(each)) for each in actions_in(area)])
        for area in areas or AREAS
    ]


def detail_lines(detail: Mapping[str, Any]) -> Iterator[tuple[str, str, str | None]]:
    """Yield what an entry says besides: name, value, and the value before if it is told."""
    for name, value in detail.items():
        words = name.replace("_", " ")
        if isinstance(value, dict) and value.keys() == {"old", "new"}:
            yield words, _value(value["new"]), _value(value["old"])
        else:
            yield words, _value(value), None


def _value(value: Any) -> str:
    match value:
        case None | "":
            return "–"
        case True:
            return _("on")
        case False:
            return _("off")
        case list():
            text = ", ".join(_value(each) for each in value) or "–"
        case dict():
            text = "; ".join(f"{name}: {_value(each)}" for name, each in value.items()) or "–"
        case _:
            text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
