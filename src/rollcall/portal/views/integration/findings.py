"""What a check found, in the portal's words: the provider's sentences are English.

Sentences that never differ are translated; with the others go what Microsoft said, as it said it.
"""

from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from rollcall.core.findings import Light
from rollcall.integrations.status import CheckView

LIGHTS: Final = {
    Light.GREEN: "good",
    Light.AMBER: "warning",
    Light.RED: "bad",
    Light.SKIPPED: "quiet",
}
SENTENCES: Final = frozenset(
    {
        gettext_noop("Microsoft accepts the certificate."),
        gettext_noop("This machine's clock agrees with Microsoft's."),
        gettext_noop("Microsoft's answer did not say what time it is."),
        gettext_noop("Microsoft names no organisation."),
        gettext_noop("People can be read."),
        gettext_noop("Contacts are switched off."),
        gettext_noop("Contacts can be read."),
        gettext_noop("None of the first people has a mailbox in Exchange Online."),
        gettext_noop("Photos are switched off, or nobody was found."),
        gettext_noop("Photos can be read."),
        gettext_noop("Company contacts are switched off."),
        gettext_noop("Shared mailboxes are recognised."),
        gettext_noop("Its contacts can be read."),
        gettext_noop("Not tried: an earlier step failed."),
    }
)
"""As they stand in rollcall.providers.m365.check, and a test compares."""


def findings_of(check: CheckView | None) -> list[dict[str, str]]:
    """Return what the check has found, in the portal's words for steps and lights."""
    names = {
        "certificate": _("Certificate"),
        "discovery": _("Directory"),
        "clock": _("Clock"),
        "token": _("Sign-in of the application"),
        "permissions": _("Permissions"),
        "organisation": _("Organisation"),
        "people": _("People"),
        "mailbox": _("A mailbox"),
        "photo": _("A photo"),
        "shared mailboxes": _("Shared mailboxes"),
        "redirect URIs": _("Redirect URIs"),
        "time": _("Time"),
        "check": _("Check"),
    }
    words = {
        Light.GREEN: _("good"),
        Light.AMBER: _("look at this"),
        Light.RED: _("does not work"),
        Light.SKIPPED: _("not tried"),
    }
    return [
        {
            "name": names.get(finding.step, finding.step),
            "kind": LIGHTS[finding.light],
            "word": words[finding.light],
            "message": _(finding.message) if finding.message in SENTENCES else finding.message,
        }
        for finding in (check.findings if check else ())
    ]
