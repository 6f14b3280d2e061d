"""Signing in with Microsoft, to an administrator: what each check is about, and why one said no."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from rollcall.core.admission import EntryRefusal
from rollcall.oidc.checks import Check


class CheckWords(NamedTuple):
    """A check: its name, what has to be so, and what to do where it is not."""

    name: Promise
    about: Promise
    help: Promise


class Why(NamedTuple):
    """Why somebody was not let in, and what would let them in."""

    why: str
    help: str


_AGAIN: Final = lazy(
    "Nothing in the settings explains this. Try again; if it stays, look at what stands between "
    "this server and Microsoft, and report it with the log."
)
_IDS: Final = lazy("Compare the ids on the tab “Permissions” with those of the application.")

CHECKS: Final[Mapping[Check, CheckWords]] = {
    Check.STATE: CheckWords(
        lazy("This browser asked"),
        lazy("The answer belongs to a sign-in that was begun in this browser, and comes once."),
        lazy("Begin again, in one browser and within a quarter of an hour."),
    ),
    Check.ANSWER: CheckWords(
        lazy("Microsoft signed somebody in"),
        lazy("Microsoft answers with a code, and not with an error."),
        lazy(
            "Microsoft says why. Often the redirect URI is not registered, the delegated "
            "permissions openid and profile have no consent, or the person is not assigned to the "
            "application."
        ),
    ),
    Check.CODE: CheckWords(
        lazy("The code is one"),
        lazy("What came as a code has the form of one."),
        _AGAIN,
    ),
    Check.DISCOVERY: CheckWords(
        lazy("The directory describes itself"),
        lazy("The directory's own description is there, and is that of the cloud of step 3."),
        lazy("Check the Directory (tenant) ID and the national cloud on the tab “Permissions”."),
    ),
    Check.REDEMPTION: CheckWords(
        lazy("Microsoft accepts this server"),
        lazy("The code is exchanged, signed with this server's certificate."),
        lazy(
            "Mostly the certificate is not uploaded, or is expired. Check on the tab "
            "“Permissions” says which."
        ),
    ),
    Check.TOKEN: CheckWords(
        lazy("The ID token can be read"),
        lazy("It is one signed token, of a size that is allowed, and says nothing twice."),
        _AGAIN,
    ),
    Check.ALGORITHM: CheckWords(
        lazy("It is signed as it should be"),
        lazy("The signature is made by RS256, and by nothing else."),
        _AGAIN,
    ),
    Check.SIGNATURE: CheckWords(
        lazy("The directory signed it"),
        lazy("A key that this directory publishes made the signature."),
        _AGAIN,
    ),
    Check.ISSUER: CheckWords(
        lazy("It was issued by this directory"),
        lazy("The issuer is the one that the directory's description names."),
        lazy("Check the national cloud and the Directory (tenant) ID on the tab “Permissions”."),
    ),
    Check.AUDIENCE: CheckWords(
        lazy("It is meant for this application"),
        lazy("The token names the Application (client) ID of step 2, and no other."),
        _IDS,
    ),
    Check.DIRECTORY: CheckWords(
        lazy("It is about this directory"),
        lazy("The token names the Directory (tenant) ID of step 2."),
        _IDS,
    ),
    Check.VERSION: CheckWords(
        lazy("It has the version that is expected"),
        lazy("The token is one of version 2.0."),
        _AGAIN,
    ),
    Check.EXPIRY: CheckWords(
        lazy("It has not expired"),
        lazy("The token is still valid by this server's clock."),
        lazy("Check the clock of this server: it may be fast."),
    ),
    Check.NOT_BEFORE: CheckWords(
        lazy("It is valid already"),
        lazy("The token was not issued in the future, by this server's clock."),
        lazy("Check the clock of this server: it may be slow."),
    ),
    Check.NONCE: CheckWords(
        lazy("It belongs to this sign-in"),
        lazy("The token holds the random number that this sign-in began with."),
        lazy("Begin again."),
    ),
    Check.OBJECT_ID: CheckWords(
        lazy("It names one person"),
        lazy("The token holds the person's object id."),
        lazy("Grant the delegated permission profile, and consent to it."),
    ),
}

_SETTINGS: Final[Mapping[str, tuple[Promise, Promise]]] = {
    EntryRefusal.OFF: (
        lazy("Signing in with Microsoft is switched off for this person"),
        lazy("Switch it on under “Sign in”, or add the person to the administrators there."),
    ),
    EntryRefusal.NOT_SYNCHRONISED: (
        lazy("The person has no extension here"),
        lazy("Select the person under “User sync”, and let a sync run."),
    ),
    EntryRefusal.GUEST: (
        lazy("A guest of the directory, and guests are not synchronised"),
        lazy("Let guests in under “User sync”."),
    ),
    EntryRefusal.BLOCKED: (
        lazy("The extension or the account is blocked"),
        lazy(
            "The extension's page says since when. An account that was disabled is enabled under "
            "“Accounts”."
        ),
    ),
    EntryRefusal.NOT_SELECTED: (
        lazy("The person is not among those who may sign in"),
        lazy("Add the person to the selection under “Sign in”."),
    ),
    EntryRefusal.SUSPENDED: (
        lazy("The tenant is suspended"),
        lazy("Ask whoever runs this server."),
    ),
    EntryRefusal.UNHEALTHY: (
        lazy("The integration does not work at present"),
        lazy("The tab “Permissions” says what is missing: Check tries each step."),
    ),
    "enforced": (
        lazy("A password, while signing in with Microsoft is enforced"),
        lazy("The person signs in with Microsoft, or the rule is switched off under “Sign in”."),
    ),
    "disabled": (
        lazy("The account is disabled"),
        lazy("Enable it under “Accounts”."),
    ),
    "no-domain": (
        lazy("This server has no domain yet"),
        lazy("Whoever runs this server sets web_domain."),
    ),
    "not-offered": (
        lazy("Signing in with Microsoft was not offered"),
        lazy("What it takes stands at the top of the tab “Sign in”."),
    ),
    "method": (
        lazy("The answer came in another way than Microsoft sends it"),
        lazy("Nothing to do, unless many of these come: somebody may be trying something."),
    ),
}

_MICROSOFT: Final[Mapping[str, Promise]] = {
    "access_denied": lazy("The person cancelled, or may not use the application."),
    "consent_required": lazy("Grant admin consent for openid and profile in step 5."),
    "interaction_required": lazy("Microsoft wants something of the person. They try again."),
    "login_required": lazy("The person was not signed in at Microsoft. They try again."),
    "unauthorized_client": lazy("Check the application's registration in Entra."),
    "invalid_client": lazy("Check the application's registration in Entra."),
    "server_error": lazy("Microsoft was out of order for a moment. They try again."),
    "temporarily_unavailable": lazy("Microsoft was out of order for a moment. They try again."),
}
MICROSOFT: Final = "microsoft-"


def why_of(reason: str) -> Why:
    """Return a reason of the audit log in words; one that is not known here as it stands."""
    if reason in _SETTINGS:
        why, help_ = _SETTINGS[reason]
        return Why(str(why), str(help_))
    if reason.startswith(MICROSOFT):
        said = reason.removeprefix(MICROSOFT)
        sentence = _("Microsoft did not sign the person in (%(error)s)") % {"error": said}
        return Why(sentence, str(_MICROSOFT.get(said, CHECKS[Check.ANSWER].help)))
    found = next((words for check, words in CHECKS.items() if check.value == reason), None)
    if found is None:
        return Why(reason, str(_AGAIN))
    return Why(_("Not fulfilled: %(check)s") % {"check": found.name}, str(found.help))
