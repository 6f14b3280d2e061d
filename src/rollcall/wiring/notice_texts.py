"""What notices say: what happened, why, what to do. Plain text, for mails and the portal."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rollcall.core.notices import DAY, Kind

MOST_LINES: Final = 50
"""So many notices one mail to the provider spells out."""


class Words(msgspec.Struct, frozen=True):
    """A notice in a line, and in some sentences."""

    subject: str
    text: str


def words_of(
    kind: Kind,
    detail: Mapping[str, str],
    *,
    name: str,
    zone: str = "UTC",
    now: datetime | None = None,
) -> Words:
    """Return what is said of a tenant with this `name` (or of the server) while it is so.

    With `now`, days are counted from then, not from when it was told.
    """
    values = {**detail, "name": name}
    if now is not None and "ends" in values:
        left = datetime.fromisoformat(values["ends"]) - now
        values["days"] = str(max(0, math.ceil(left / DAY)))
        values["step"] = "0" if left <= timedelta(0) else values["days"]
    match kind:
        case Kind.CERTIFICATE:
            return _certificate(values, zone)
        case Kind.WEB_CERTIFICATE:
            return _web_certificate(values, zone)
        case Kind.FAILED:
            return Words(
                _("%(name)s: the sync with Microsoft 365 failed") % values,
                _(
                    "A sync failed, and it will go on failing until somebody mends it:\n\n"
                    "%(message)s\n\n"
                    "Nothing was lost: people keep their numbers, and everybody can go on "
                    "calling. What changed in Microsoft 365 does not arrive until then. This is "
                    "told once, and again when a sync works."
                )
                % values,
            )
        case Kind.SILENT:
            return Words(
                _("%(name)s: no sync with Microsoft 365 for two days") % values,
                _(
                    "The last good sync was %(since)s. Since then two scheduled times passed "
                    "without one, because of trouble that usually passes by itself: Microsoft 365 "
                    "could not be reached, or the service did not run.\n\n"
                    "Look at the newest run for the reason, and see that a scheduler and a worker "
                    "are running. This is told once, and again when a sync works."
                )
                % {**values, "since": _moment(values["since"], zone)},
            )
        case Kind.HELD:
            return Words(
                _("%(name)s: a sync is held until somebody decides") % values,
                _(
                    "%(sentence)s\n\n"
                    "Nothing of it was done. Look at what would happen, then release it if that is "
                    "right, or discard it. Held plans that are the same are told once."
                )
                % values,
            )


def _certificate(values: Mapping[str, str], zone: str) -> Words:
    ends = _moment(values["ends"], zone)
    if values["step"] == "0":
        return Words(
            _("%(name)s: the certificate for Microsoft 365 has ended") % values,
            _(
                "The certificate of the key pair ended %(ends)s. Microsoft refuses it: nothing is "
                "synchronised, and nobody can sign in with Microsoft, until there is a new one.\n\n"
                "Generate a new key pair, download public_key.pem, and upload it to the "
                "application in Entra."
            )
            % {"ends": ends},
        )
    subject = ngettext(
        "%(name)s: the certificate for Microsoft 365 ends in %(days)s day",
        "%(name)s: the certificate for Microsoft 365 ends in %(days)s days",
        int(values["days"]),
    )
    return Words(
        subject % values,
        _(
            "The certificate of the key pair ends %(ends)s. After that nothing is synchronised, "
            "and nobody can sign in with Microsoft.\n\n"
            "Generate a new key pair, download public_key.pem, and upload it to the application in "
            "Entra. Until Microsoft accepts the new one, the one before goes on working, so "
            "nothing stops in between."
        )
        % {"ends": ends},
    )


def _web_certificate(values: Mapping[str, str], zone: str) -> Words:
    ends = _moment(values["ends"], zone)
    subject = (
        _("The web server's certificate has ended")
        if values["step"] == "0"
        else ngettext(
            "The web server's certificate ends in %(days)s day",
            "The web server's certificate ends in %(days)s days",
            int(values["days"]),
        )
    )
    return Words(
        subject % values,
        _(
            "The certificate in tls_cert ends %(ends)s. After that browsers and web phones refuse "
            "to connect.\n\n"
            "Put a new certificate and its key into the files; they are read again by themselves, "
            "without a restart."
        )
        % {"ends": ends},
    )


def words_of_end(kind: Kind, *, name: str) -> Words:
    """Return what is said when it is over."""
    values = {"name": name}
    match kind:
        case Kind.CERTIFICATE:
            return Words(
                _("%(name)s: the certificate for Microsoft 365 is renewed") % values,
                _("Microsoft accepted a new key pair. There is nothing left to do."),
            )
        case Kind.WEB_CERTIFICATE:
            return Words(
                _("The web server's certificate is renewed"),
                _("The web server has a new certificate. There is nothing left to do."),
            )
        case Kind.FAILED | Kind.SILENT:
            return Words(
                _("%(name)s: the sync with Microsoft 365 works again") % values,
                _("A sync worked. Everything that changed meanwhile is in. Nothing is left to do."),
            )
        case Kind.HELD:
            return Words(
                _("%(name)s: no sync is held any more") % values,
                _(
                    "The plan was released, discarded, or a newer sync took its place. "
                    "Nothing waits for a decision."
                ),
            )


def letter(words: Words, address: str) -> str:
    """Return the text of a mail, with the address of the page where to look."""
    return f"{words.text}\n\n{address}\n" if address else f"{words.text}\n"


def digest_of(lines: Sequence[tuple[str, str]]) -> Words:
    """Return one mail for the provider: a notice as it is, or all of them in lines."""
    if len(lines) == 1:
        return Words(*lines[0])
    subject = ngettext("%(n)s notice from Rollcall", "%(n)s notices from Rollcall", len(lines))
    shown = [f"- {line}" for line, _text in lines[:MOST_LINES]]
    if len(lines) > MOST_LINES:
        more = ngettext("and %(n)s more", "and %(n)s more", len(lines) - MOST_LINES)
        shown.append("- " + more % {"n": len(lines) - MOST_LINES})
    opening = _("This happened since the last mail like this:")
    closing = _("The table of all tenants shows who needs a hand, the worst first.")
    text = "\n".join([opening, "", *shown, "", closing])
    return Words(subject % {"n": len(lines)}, text)


def _moment(text: str, zone: str) -> str:
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        place = ZoneInfo("UTC")
    moment = datetime.fromisoformat(text).astimezone(UTC).astimezone(place)
    return _("on %(date)s at %(time)s (%(zone)s)") % {
        "date": moment.strftime("%Y-%m-%d"),
        "time": moment.strftime("%H:%M"),
        "zone": place.key,
    }
