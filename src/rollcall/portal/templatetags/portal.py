"""Tags and filters of the portal's templates: times, people, ids, counts, icons."""

from collections.abc import Container
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext

register = template.Library()

ICONS: Final = {
    "check": "M5 12.5l4.5 4.5L19 7",
    "cross": "M6 6l12 12M18 6L6 18",
    "dot": "M12 11.5v1",
    "warn": "M12 4l9 16H3zM12 10v4M12 17v.5",
    "copy": "M9 9h10v11H9zM5 15V4h10",
    "menu": "M4 7h16M4 12h16M4 17h16",
    "search": "M10.5 4a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13zM15.5 15.5L20 20",
    "lock": "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
    "arrow": "M5 12h14M13 6l6 6-6 6",
    "pause": "M9 5v14M15 5v14",
    "run": "M7 5l11 7-11 7z",
    "call": "M6.5 4h3l1.5 4-2 1.5a11 11 0 0 0 5.5 5.5l1.5-2 4 1.5v3a2 2 0 0 1-2 2A15 15 0 0 1 4.5 6"
    "a2 2 0 0 1 2-2z",
    "end": "M4.5 14.5a12.5 12.5 0 0 1 15 0l-1.8 3-3.7-1.3v-2.3a8 8 0 0 0-4 0v2.3l-3.7 1.3z",
    "pad": "M6 5v.5M12 5v.5M18 5v.5M6 11v.5M12 11v.5M18 11v.5M6 17v.5M12 17v.5M18 17v.5",
    "microphone": "M12 4a3 3 0 0 1 3 3v4a3 3 0 0 1-6 0V7a3 3 0 0 1 3-3z"
    "M6 11a6 6 0 0 0 12 0M12 17v3",
    "keyboard": "M4 7h16v10H4zM8 11v.5M12 11v.5M16 11v.5M9 14h6",
    "in": "M18 6L7 17M7 9v8h8",
    "out": "M6 18L17 7M9 7h8v8",
    "missed": "M20 7l-8 8-7-7M5 13V8h5",
}
MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
NEAR: Final = 45
FAR: Final = 30 * DAY
"""Seconds: nearer than this is now, further than that is a date."""

MIDDLE: Final = 9
"""An id longer than twice this is shortened in its middle."""


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Draw an icon; with a label it has a name, without one it is decoration."""
    attributes = (
        format_html('role="img" aria-label="{}"', label)
        if label
        else mark_safe('aria-hidden="true"')
    )
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" {}><path d="{}"/></svg>', attributes, ICONS[name]
    )


@register.simple_tag(takes_context=True)
def when(context: Any, moment: datetime | None, never: str = "") -> SafeString:
    """Say how long ago (or until when), with the exact time in the tenant's zone on hover."""
    if moment is None:
        return format_html('<span class="quiet">{}</span>', never or gettext("never"))
    zone = _zone(context)
    exact = moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.astimezone(UTC).isoformat(timespec="seconds"),
        exact,
        relative(moment, now=datetime.now(UTC), zone=zone),
    )


def _zone(context: Any) -> ZoneInfo:
    tenant = getattr(context.get("request"), "tenant", None)
    try:
        return ZoneInfo(tenant.time_zone if tenant else "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def relative(moment: datetime, *, now: datetime, zone: ZoneInfo) -> str:
    """Say a moment as people do: minutes and hours near by, a weekday or a date further off."""
    seconds = (moment - now).total_seconds()
    away = abs(seconds)
    if away < NEAR:
        return gettext("just now") if seconds <= 0 else gettext("in a moment")
    if away >= FAR:
        return moment.astimezone(zone).strftime("%Y-%m-%d")
    text = gettext("%(span)s ago") if seconds < 0 else gettext("in %(span)s")
    return text % {"span": _span(away)}


def _span(seconds: float) -> str:
    if seconds < HOUR:
        count = round(seconds / MINUTE)
        text = ngettext("%(n)s minute", "%(n)s minutes", count)
    elif seconds < DAY:
        count = round(seconds / HOUR)
        text = ngettext("%(n)s hour", "%(n)s hours", count)
    else:
        count = round(seconds / DAY)
        text = ngettext("%(n)s day", "%(n)s days", count)
    return text % {"n": count}


@register.filter
def shortened(value: object) -> str:
    """Shorten an id in its middle."""
    text = str(value)
    return text if len(text) <= 2 * MIDDLE + 1 else f"{text[:MIDDLE]}…{text[-MIDDLE:]}"


@register.simple_tag
def copyable(value: object, label: str) -> SafeString:
    """Show a value in monospace with a button that copies it."""
    return format_html(
        '<span class="copyable"><code>{}</code><button type="button" class="plain" data-copy="{}" '
        'title="{}"><svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="{}"/></svg>'
        '<span class="hidden">{}</span></button></span>',
        value,
        value,
        gettext("Copy"),
        ICONS["copy"],
        gettext("Copy %(what)s") % {"what": label},
    )


@register.simple_tag
def copyable_short(value: object, label: str) -> SafeString:
    """Show an id shortened in its middle, with a button that copies all of it."""
    whole = copyable(value, label)
    shown = format_html("<code>{}</code>", value)
    short = format_html('<code title="{}">{}</code>', value, shortened(value))
    return mark_safe(whole.replace(shown, short, 1))  # noqa: S308 - both are made by format_html


@register.simple_tag(takes_context=True)
def exact(context: Any, moment: datetime) -> SafeString:
    """Say a moment exactly, in the tenant's zone, with how far off it is on hover."""
    zone = _zone(context)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.astimezone(UTC).isoformat(timespec="seconds"),
        relative(moment, now=datetime.now(UTC), zone=zone),
        moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z"),
    )


@register.filter
def initials(name: str) -> str:
    """Return up to two initials of a name, for where there is no photo."""
    words = [word for word in name.split() if word[:1].isalnum()]
    picked = [*words[:1], *words[1:][-1:]]
    return "".join(word[0] for word in picked).upper() or "–"


@register.filter
def among(value: object, others: Container[object] | None) -> bool:
    """Tell whether a value is one of others."""
    return bool(others) and value in (others or ())


@register.inclusion_tag("portal/parts/state.html")
def state(kind: str, text: str) -> dict[str, str]:
    """Show a state: `kind` is good, warning, bad or quiet; the word always stands beside it."""
    return {"kind": kind, "text": text}


@register.simple_tag(takes_context=True)
def call(context: Any, dialled: object, shown: object = "", who: str = "") -> SafeString:
    """Show a number; whoever has a web phone in this tenant calls it with a click."""
    text = format_html('<span dir="ltr">{}</span>', shown or dialled or "–")
    identity, tenant = context.get("identity"), context.get("tenant")
    if not dialled or identity is None or tenant is None:
        return text
    if identity.extension_id is None or identity.tenant_id != tenant.id:
        return text
    return format_html(
        '<button type="button" class="call" data-call="{}" data-phone="{}" data-calling="{}" '
        'data-blocked="{}" title="{}">{}<span class="hidden">{}</span> {}</button>',
        dialled,
        reverse("phone"),
        gettext("The web phone calls %(number)s.") % {"number": shown or dialled},
        gettext("The browser did not open the web phone. Open it from the navigation first."),
        gettext("Call with the web phone"),
        icon("call"),
        gettext("Call %(name)s") % {"name": who} if who else gettext("Call"),
        text,
    )
