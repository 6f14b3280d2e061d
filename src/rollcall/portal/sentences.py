"""The sentences that the core writes into reports, in the language of whoever reads them.

The core knows no language but English, and keeps what it said. Numbers in a sentence stand as “#”
here, so that one translation does for all of them; a sentence that is not listed stays English.
"""

import re
from typing import Final

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

NUMBER: Final = re.compile(r"\d+(?:[,.]\d+)*")

KNOWN: Final = (
    # a person explained
    _("The directory has this object, but its answer could not be understood yet."),
    _("The directory deleted this account; it can be restored there for # days."),
    _("The directory no longer has this account."),
    _("Read from the directory."),
    _("Yes."),
    _("No: there is nobody."),
    _("No: the directory deleted the account."),
    _("No: the account is disabled."),
    _("No: the person is not in the selection."),
    _("No: guests are switched off."),
    _("No: A guest of the directory; guests are switched off."),
    _("No: The account is disabled in the directory."),
    _("No: Not in the selection of people."),
    _("No: Neither first nor last name. Fill one in at the directory, or let the display name do."),
    _("Linked to extension #."),
    _("To be linked to extension #."),
    _("To have an extension of their own."),
    _("No extension is linked."),
    _("Extension # has the mail address of this person: link them, or separate them."),
    _("#."),
    _("#, kept until the next run."),
    _("# was given back to the range."),
    _("# is kept by an import."),
    _("The lowest free one of #–#, once in scope."),
    _("No number of the range #–# is free."),
    _("Nothing."),
    _("None: up to date."),
    _("None: stays out."),
    _("None: blocked, and the number is kept."),
    _("Blocked; the number is given back # days after that."),
    _("Is blocked with the next run."),
    _("Keeps working."),
    _("Works again with the next run: leavers keep working."),
    _("Number given back with the next run."),
    _("Comes in with the next run."),
    _("Comes back with the next run."),
    _("Waits for a number."),
    _("Waits for your decision."),
    # a guard
    _(
        "# of # people (#%) would be blocked or released. Nothing of this stage was changed. Look "
        "at the report, then approve or discard it."
    ),
    _(
        "# address books would lose # contacts. A second reading an hour later decides, or your "
        "approval."
    ),
    # how a run ended
    _("Cancelled. What was committed stays, nothing is half done; the next run goes on."),
    _(
        "The program that ran it ended before the run did. Nothing is half done; the next run "
        "goes on from there."
    ),
    _("Its worker was stopped. What was committed stays; another run goes on from there."),
    _(
        "The directory answered that it has no people at all. Nothing was changed; if this is so "
        "on purpose, switch user sync off."
    ),
    _(
        "The PBX's extensions changed again and again while the run was planning. Try again when "
        "nobody is editing them."
    ),
    # what did not stop it
    _("# of the # numbers of the range #–# are in use. Make it larger in time."),
    _("All # numbers of the range #–# are in use. Make it larger."),
    _(
        "# of # contacts would go. They stay until a second reading at least an hour later "
        "agrees, or until this run is approved."
    ),
    _(
        "# contacts could not be understood. What is known of them stays; they are read again in "
        "the next run."
    ),
)


def in_words(sentence: str) -> str:
    """Return a sentence of the core in the language of whoever reads it."""
    listed = NUMBER.sub("#", sentence)
    if listed not in KNOWN:
        return sentence
    numbers = iter(NUMBER.findall(sentence))
    return re.sub("#", lambda _match: next(numbers, "#"), gettext(listed))
