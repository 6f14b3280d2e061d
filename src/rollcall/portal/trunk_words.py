"""How a trunk is, in words."""

from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext as _

from rollcall.calling.trunks import TrunkView

QUIET_AFTER: Final = timedelta(minutes=3)
"""The switch looks more often than that, when it runs."""


def trunk_words(trunk: TrunkView | None, *, now: datetime) -> tuple[str, str, str]:
    """Return kind and words of a trunk's state, and what to do about it ("" for nothing)."""
    if trunk is None:
        return "quiet", _("not set up"), ""
    if not trunk.enabled:
        return "quiet", _("switched off"), ""
    if trunk.needs_password:
        return "bad", _("password missing"), _("Enter the password that the carrier gave.")
    state = trunk.state
    if state is None or state.state == "unknown":
        return "quiet", _("being tried"), _("The switch tries it within a minute.")
    if now - state.seen_at > QUIET_AFTER:
        return (
            "warning",
            _("not known"),
            _("The switch has not been heard of for a while; it may not be running."),
        )
    return _seen(state.state, state.detail)


def _seen(state: str, detail: str) -> tuple[str, str, str]:
    match state:
        case "registered":
            return "good", _("registered"), ""
        case "ready":
            return "good", _("ready"), ""
        case "refused":
            sentence = _("The carrier said: %(detail)s. Check user name, password and server.")
            return "bad", _("refused"), sentence % {"detail": detail or "–"}
        case "silent":
            sentence = _("%(detail)s. Check the server, its port and the firewall.")
            return "bad", _("does not answer"), sentence % {"detail": _detail(detail)}
        case _:
            return "quiet", state, detail


def _detail(detail: str) -> str:
    host, found, _rest = detail.partition(" has no address")
    if found:
        return _("There is no server of the name %(host)s") % {"host": host}
    if detail in {"", "no answer"}:
        return _("Nothing came back from the carrier")
    return detail
