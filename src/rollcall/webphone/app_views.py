"""The web phone as an app of its own: what it is called, its icons, and its page without a network.

Nothing here says who asks: a browser keeps it for everybody at this machine.
"""

import json
from typing import Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _

from rollcall.web.audience import for_anyone
from rollcall.webphone.app_files import KEPT, find_digest, read_worker

ICONS: Final = (
    ("webphone/icon.svg", "any", "image/svg+xml", "any"),
    ("webphone/icon-192.png", "192x192", "image/png", "any"),
    ("webphone/icon-512.png", "512x512", "image/png", "any"),
    ("webphone/icon-maskable-512.png", "512x512", "image/png", "maskable"),
)


@for_anyone("GET")
def manifest(request: HttpRequest) -> HttpResponse:
    """Say what the app is called, how it looks, and where it begins."""
    home = reverse("phone")
    return JsonResponse(
        {
            "id": home,
            "name": _("Web phone"),
            "short_name": _("Phone"),
            "description": _("Calls, colleagues and contacts of your company."),
            "start_url": home,
            "scope": home,
            "display": "standalone",
            "dir": "rtl" if get_language_bidi() else "ltr",
            "background_color": "#ffffff",
            "theme_color": "#1f5fbf",
            "categories": ["business", "communication"],
            "icons": [
                {"src": static(name), "sizes": sizes, "type": kind, "purpose": purpose}
                for name, sizes, kind, purpose in ICONS
            ],
            "shortcuts": [
                {"name": _("Dial pad"), "url": f"{home}#dial"},
                {"name": _("Calls"), "url": reverse("phone-calls")},
            ],
        },
        content_type="application/manifest+json",
    )


@for_anyone("GET")
def worker(request: HttpRequest) -> HttpResponse:
    """Send the service worker with the files that it keeps: static ones, and the page below."""
    kept = {
        "name": f"rollcall-phone-{find_digest()}",
        "files": [static(name) for name in KEPT],
        "offline": reverse("phone-offline"),
        "home": reverse("phone"),
    }
    text = f"const KEPT = {json.dumps(kept)};\n{read_worker()}"
    return HttpResponse(
        text, content_type="text/javascript; charset=utf-8", headers={"Cache-Control": "no-cache"}
    )


@for_anyone("GET")
def offline(request: HttpRequest) -> HttpResponse:
    """Say that there is no network; the service worker keeps this page."""
    return render(request, "webphone/offline.html")
