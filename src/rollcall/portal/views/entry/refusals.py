"""Somebody who came by Microsoft and is not let in: the card that says so, and the audit's line.

The person reads a sentence without internals and a reference; the administrator finds the reason
by that reference. Nothing that a stranger sent stands in either.
"""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import msgspec
from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rollcall.accounts.attempts import HALF, Counter, Limit, charge, paused_until
from rollcall.accounts.entry import TooOftenError
from rollcall.accounts.tokens import digest_of
from rollcall.audit.operations import note
from rollcall.portal.views.entry.steps import TOO_MANY, address_with_next, show_card
from rollcall.tenants.queries import TenantView
from rollcall.web.identity import PageRequest, identity_of
from rollcall.web.visitors import visitor_of
from rollcall.wiring.machine import utc_now

METHOD: Final = "microsoft"
NOBODY: Final = "nobody"
ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without letters and digits that are taken for each other when they are read out."""

REFERENCE_LENGTH: Final = 8

REFUSALS: Final = Limit(free=300, window=timedelta(hours=1))
"""Of one network, which may be a large company's. Who is let in is never counted."""

BROKEN: Final = 400
FORBIDDEN: Final = 403
MISSING: Final = 404
NOT_ALLOWED: Final = 405
UNAVAILABLE: Final = 503


class Words(msgspec.Struct, frozen=True):
    """What a card says. `ask` is what to ask an administrator for."""

    title: Promise
    sentence: Promise
    ask: Promise | None = None
    status: int = FORBIDDEN
    again: bool = True


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """Why nobody was let in. `detail` is for the audit log alone."""

    kind: str
    """Which words the card has."""
    reason: str
    check: str = ""
    tenant: TenantView | None = None
    onward: str = ""
    person: str = ""
    """How somebody who was recognised calls themselves at Microsoft."""
    detail: Mapping[str, object] = {}


CARDS: Final[Mapping[str, Words]] = {
    "state": Words(
        _("This sign-in cannot be finished"),
        _(
            "It took longer than a quarter of an hour, was finished already, or was begun in "
            "another browser. Begin again."
        ),
        status=BROKEN,
    ),
    "finished": Words(
        _("This sign-in was finished already"),
        _("You are signed in. There is nothing more to do here."),
        status=BROKEN,
        again=False,
    ),
    "method": Words(
        _("This sign-in cannot be finished"),
        _("The answer from Microsoft came in a way that is not taken here. Begin again."),
        status=NOT_ALLOWED,
    ),
    "answer": Words(
        _("This sign-in cannot be accepted"),
        _(
            "The answer from Microsoft did not fit the question, so nobody was signed in. Try "
            "again. If that does not help, give your administrator the reference below."
        ),
        status=BROKEN,
    ),
    "cancelled": Words(
        _("The sign-in was not completed"),
        _("Microsoft reports that it was cancelled or not allowed. Nothing was changed."),
    ),
    "microsoft": Words(
        _("Microsoft did not sign you in"),
        _(
            "Try again. If that does not help, give your administrator the reference below: "
            "something may be missing in the company's settings at Microsoft."
        ),
    ),
    "silent": Words(
        _("Microsoft does not answer at the moment"),
        _("Nobody was signed in. Wait a minute, then try again."),
        status=UNAVAILABLE,
    ),
    "unavailable": Words(
        _("Signing in with Microsoft does not work at the moment"),
        _(
            "The connection to Microsoft has to be looked after by your administrator. Give them "
            "the reference below."
        ),
        status=UNAVAILABLE,
    ),
    "not-offered": Words(
        _("Signing in with Microsoft is not offered here"),
        _("Sign in with a password, or ask your administrator."),
        status=MISSING,
        again=False,
    ),
    "off": Words(
        _("Signing in with Microsoft is not switched on for you"),
        _("Microsoft has confirmed who you are, but this way in is not open to you here."),
        _("Ask your administrator whether you are to sign in with Microsoft or with a password."),
    ),
    "not-synchronised": Words(
        _("You are not in this phone system yet"),
        _(
            "Microsoft has confirmed who you are, but your account has not been taken over into "
            "the phone system."
        ),
        _(
            "Ask your administrator to include you in the user sync. After its next run you can "
            "sign in."
        ),
    ),
    "guest": Words(
        _("Guests cannot sign in here"),
        _("Your Microsoft account is a guest in this company's directory."),
        _("Sign in with the account of your own company, or ask your administrator."),
    ),
    "blocked": Words(
        _("You cannot sign in at the moment"),
        _("Microsoft has confirmed who you are, but your account here is not active."),
        _("Ask your administrator."),
    ),
    "not-selected": Words(
        _("Signing in with Microsoft is not open to you yet"),
        _("Your company decides who may sign in with Microsoft, and you are not among them yet."),
        _("Ask your administrator to add you to those who may sign in."),
    ),
    "suspended": Words(
        _("You cannot sign in at the moment"),
        _("The phone system of your company is not available at present."),
        _("Ask your administrator."),
        again=False,
    ),
    "unhealthy": Words(
        _("Signing in with Microsoft does not work at the moment"),
        _(
            "The connection to Microsoft has to be looked after by your administrator. Give them "
            "the reference below."
        ),
        status=UNAVAILABLE,
    ),
}
"""What is said, by kind. Those of whom an operation says no are named as it names them."""


def refuse(request: PageRequest, refused: Refused) -> HttpResponse:
    """Note that somebody was not let in, and say so.

    A network that is refused again and again is told to wait: what it fills the audit log with
    has a bound.
    """
    now = utc_now()
    until = charge([_refusals_from(request, stray=refused.tenant is None)], now=now)
    if until is not None:
        return _show_pause(request, refused, TooOftenError(until, now=now))
    words = CARDS[refused.kind]
    reference = _note(request, refused)
    values = {
        "words": words,
        "kind": refused.kind,
        "reference": reference,
        "person": refused.person,
        "at": refused.tenant,
        "next": refused.onward,
        "in_already": identity_of(request) is not None,
        "restart": _restart(refused),
    }
    return show_card(request, "refused", values, status=words.status)


def new_reference() -> str:
    """Return a reference: short enough to be read out, long enough not to meet another."""
    return "".join(secrets.choice(ALPHABET) for _each in range(REFERENCE_LENGTH))


def paused(request: PageRequest, onward: str) -> HttpResponse | None:
    """Return what to say to a network that was refused too often, before Microsoft is asked."""
    now = utc_now()
    until = paused_until([_refusals_from(request, stray=False)], now=now)
    if until is None:
        return None
    refused = Refused(kind="state", reason="paused", onward=onward)
    return _show_pause(request, refused, TooOftenError(until, now=now))


def _refusals_from(request: PageRequest, *, stray: bool) -> Counter:
    """Return what counts a network's refusals. Answers to no sign-in (`stray`) are counted apart:
    anybody's page can make a browser send them, and that must not keep a whole office out.
    """
    kind = "microsoft-stray" if stray else "microsoft"
    return Counter(f"{kind}/{digest_of(visitor_of(request).network)[:HALF]}", REFUSALS)


def _show_pause(request: PageRequest, refused: Refused, error: TooOftenError) -> HttpResponse:
    values = {"sentence": str(error), "restart": _restart(refused), "next": refused.onward}
    return show_card(request, "paused", values, status=TOO_MANY)


def _note(request: PageRequest, refused: Refused) -> str:
    """Write into the audit log that nobody was let in; return the reference that it got."""
    reference = new_reference()
    note(
        actor=NOBODY,
        action="sign_in.refused",
        tenant_id=refused.tenant.id if refused.tenant else None,
        detail={
            "address": visitor_of(request).address,
            "method": METHOD,
            "reason": refused.reason,
            "check": refused.check,
            "reference": reference,
            **refused.detail,
        },
    )
    return reference


def _restart(refused: Refused) -> str:
    """Return the address of the card on which it would begin anew."""
    if refused.tenant is None:
        return address_with_next("sign-in", refused.onward)
    return address_with_next("tenant-sign-in", refused.onward, tenant=refused.tenant.slug)
