"""Every address that the web server answers, and for whom. A new route has its line here.

What stands here is what the tests demand; the views say it again, and must agree.
"""

from collections.abc import Mapping

from rollcall.web.audience import Audience

ROUTES: Mapping[str, tuple[str, ...]] = {
    "": ("healthz", "readyz", "metrics"),
    Audience.ANYONE: ("sign-in",),
    Audience.SIGNED_IN: ("home", "sign-out", "account"),
    Audience.USER: (),
    Audience.ADMINISTRATOR: ("integration", "switch-back"),
    Audience.SYSTEM: ("system-tenants", "switch-to"),
}

FREE: Mapping[str, str] = {}
"""What an address takes that is nobody's: words, not ids."""

SENT: Mapping[str, Mapping[str, str]] = {}
"""Forms that name things by their ids: a field, and `{extension}` for the id of such a thing."""
