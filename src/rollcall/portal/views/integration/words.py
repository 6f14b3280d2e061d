"""What the pages about runs call things: states, actions, reasons, fields, and how to help."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from rollcall.core.errors import SyncError
from rollcall.integrations.run_pages import RunHead, RunLine

MINUTE: Final = 60
HOUR: Final = 3600

Words = Mapping[str, Promise]

STAGES: Final[Words] = {
    "users": lazy("People"),
    "photos": lazy("Photos"),
    "personal-contacts": lazy("Personal contacts"),
    "company-contacts": lazy("Company contacts"),
}
ACTIONS: Final[Words] = {
    "created": lazy("New"),
    "linked": lazy("Linked"),
    "changed": lazy("Changed"),
    "blocked": lazy("Leaving"),
    "returned": lazy("Returned"),
    "released": lazy("Released"),
}
HAPPENS: Final[Words] = {
    "created": lazy("Gets an extension"),
    "linked": lazy("Is linked to an extension"),
    "changed": lazy("Fields follow the directory"),
    "blocked": lazy("Is blocked, the number is kept"),
    "returned": lazy("Works again"),
    "released": lazy("The number is given back"),
}
KINDS: Final = {"created": "good", "linked": "good", "returned": "good"}
REASONS: Final[Words] = {
    "new": lazy("New in the directory: the lowest free number"),
    "assigned": lazy("The number was kept by an import"),
    "same-mail": lazy("The extension has the same mail address"),
    "decided": lazy("Decided by hand"),
    "directory": lazy("Changed in the directory"),
    "disabled": lazy("The account is disabled"),
    "deleted": lazy("The account was deleted"),
    "not-selected": lazy("Not in the selection any more"),
    "guest": lazy("A guest, and guests are switched off"),
    "deleted-by-hand": lazy("Was deleted by hand, and is still in the directory"),
    "back": lazy("Back in the directory"),
    "keep-working": lazy("Leavers keep working"),
}
FIELDS: Final[Words] = {
    "principal_name": lazy("User principal name"),
    "first_name": lazy("First name"),
    "last_name": lazy("Last name"),
    "display_name": lazy("Display name"),
    "email": lazy("Mail"),
    "mobile_phone": lazy("Mobile phone"),
    "business_phone": lazy("Business phone"),
    "job_title": lazy("Job title"),
    "department": lazy("Department"),
    "office": lazy("Office"),
    "company": lazy("Company"),
}
REFUSALS: Final[Words] = {
    "guest": lazy("A guest of the directory"),
    "disabled": lazy("The account is disabled"),
    "not-selected": lazy("Not in the selection"),
    "no-name": lazy("Neither first nor last name"),
    "range-full": lazy("No free number"),
    "link-pending": lazy("An extension has the same mail address"),
    "unreadable": lazy("Microsoft's answer could not be understood"),
}
WAYS_IN: Final[Words] = {
    "guest": lazy("Let guests in under “User sync”."),
    "disabled": lazy("Enable the account in the Microsoft 365 admin center."),
    "not-selected": lazy("Add the person to the selection under “User sync”."),
    "no-name": lazy(
        "Fill in a name in Microsoft 365, or let the display name do under “User sync”."
    ),
    "range-full": lazy("Make the range of numbers larger under “User sync”."),
    "link-pending": lazy("Say under “Extensions” whether to link or to separate them."),
    "unreadable": lazy("It is read again in every run. If it stays, report it with the log."),
}
TRIGGERS: Final[Words] = {
    "schedule": lazy("Schedule"),
    "retry": lazy("Schedule, tried again"),
}
STEPS: Final[Words] = {
    "read": lazy("Read"),
    "in_scope": lazy("In scope?"),
    "match": lazy("Match"),
    "number": lazy("Number"),
    "action": lazy("Action"),
}
_SENTENCES: Final[Words] = {
    "stage-off": lazy(
        "One of the chosen stages is switched off. Switch it on first, or leave it out."
    ),
    "nothing-on": lazy(
        "Nothing is switched on yet: switch on “User sync” or “Contact sync” first."
    ),
    "not-set-up": lazy("Microsoft 365 is not connected yet: begin with the tab “Permissions”."),
    "paused": lazy("The sync is paused. Resume it first; a preview is possible in the meantime."),
    "suspended": lazy("This tenant is suspended: nothing of it runs."),
    "running": lazy("A run is going on. Wait for its end, then decide."),
    "ended": lazy("This run has ended already: there is nothing to cancel."),
    "not-held": lazy("This run holds nothing to decide on any more; nothing was changed."),
}


def sentence_of(error: SyncError) -> str:
    """Return what an error says here; the commands word some of them for a shell."""
    return str(_SENTENCES.get(error.code, error))


def who_asked(run: RunLine) -> str:
    """Return who or what asked for a run."""
    return str(TRIGGERS.get(run.trigger, run.asked_by))


def duration(seconds: float | None) -> str:
    """Return a span of time as people write it."""
    if seconds is None:
        return "–"
    if seconds < 1:
        return _("under 1 s")
    whole = round(seconds)
    if whole < MINUTE:
        return _("%(n)s s") % {"n": whole}
    if whole < HOUR:
        return _("%(m)s min %(s)s s") % {"m": whole // MINUTE, "s": whole % MINUTE}
    return _("%(h)s h %(m)s min") % {"h": whole // HOUR, "m": whole % HOUR // MINUTE}


def state_of(run: RunLine) -> tuple[str, str]:
    """Return how good a run's state is, and its word."""
    words: dict[str, tuple[str, str]] = {
        "queued": ("quiet", _("Waiting")),
        "running": ("quiet", _("Going on")),
        "planned": ("quiet", _("Preview")),
        "held": ("warning", _("Held")),
        "applied": ("good", _("Done")),
        "failed": ("bad", _("Failed")),
        "cancelled": ("quiet", _("Cancelled")),
        "discarded": ("quiet", _("Discarded")),
        "superseded": ("quiet", _("Out of date")),
    }
    return words[run.state]


def changes_in_words(run: RunLine) -> str:
    """Return how much a run changed, or would change."""
    count = run.total(*ACTIONS)
    if run.state in {"planned", "held", "discarded", "superseded"}:
        if not count:
            return _("Nothing would change")
        sentence = ngettext("%(n)s change planned", "%(n)s changes planned", count)
    elif count:
        sentence = ngettext("%(n)s change", "%(n)s changes", count)
    else:
        return ""
    return sentence % {"n": f"{count:,}"}


def losses(run: RunLine) -> str:
    """Return what is taken from whom if a plan is carried out; nothing where nothing is."""
    counts = run.counts.get("users", {})
    blocked, released = counts.get("blocked", 0), counts.get("released", 0)
    sentences = []
    if blocked:
        sentence = ngettext(
            "%(n)s person is blocked: no calls and no sign-in, but the number is kept.",
            "%(n)s people are blocked: no calls and no sign-in, but the numbers are kept.",
            blocked,
        )
        sentences.append(sentence % {"n": f"{blocked:,}"})
    if released:
        sentence = ngettext(
            "%(n)s number is given back, and the person's contacts and photo are deleted.",
            "%(n)s numbers are given back, and these people's contacts and photos are deleted.",
            released,
        )
        sentences.append(sentence % {"n": f"{released:,}"})
    return " ".join(sentences)


def headline(run: RunHead) -> str:
    """Return in a sentence what a run's state means, and what can be done about it."""
    match run.state:
        case "planned" if run.kept:
            return _(
                "This is a preview. Nothing is changed yet: “Apply” does exactly what is shown "
                "here, “Discard” forgets it."
            )
        case "planned" if "users" in run.stages:
            return _(
                "This was a preview: nothing was changed by it. A newer run or preview has taken "
                "its place, so it cannot be applied any more."
            )
        case "planned":
            return _("This was a preview of contacts or photos: a sync carries it out.")
        case "held":
            return _(
                "A guard stopped this plan, because it would take away a lot at once. “Release” "
                "does exactly what is shown here, “Discard” forgets it."
            )
        case "superseded":
            return _(
                "This plan is out of date: the PBX, the settings or the directory have changed "
                "since. Nothing of it was done."
            )
        case "discarded":
            return _("This plan was discarded: nothing of it was done.")
        case "cancelled":
            return _("Cancelled. What was done before that stays, nothing is half done.")
        case "applied" if not run.total(*ACTIONS):
            return _("Nothing had changed.")
        case _:
            return ""
