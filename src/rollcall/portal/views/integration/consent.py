"""Back from Microsoft's page for admin consent: say how it went, where it was asked for.

What was really granted is in the next token: the check shows it.
"""

from typing import Final

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from rollcall.web.audience import for_signed_in
from rollcall.web.identity import PageRequest

SALT: Final = "rollcall.portal.consent"
DAY: Final = 24 * 3600


def sign_state(slug: str) -> str:
    """Return what goes to Microsoft and back, so that nobody else's answer is taken for one."""
    return signing.dumps(slug, salt=SALT)


def is_answer(state: str) -> bool:
    """Tell whether a state is one of these, and not that of a sign-in."""
    return _slug_in(state) is not None


@for_signed_in("GET")
def returned(request: PageRequest) -> HttpResponse:
    """Take the answer of the consent page: it comes to where a sign-in's answer does."""
    slug = _slug_in(request.GET.get("state", ""))
    if slug is None:
        return redirect("home")
    if request.GET.get("admin_consent", "").lower() == "true":
        messages.success(request, _("Admin consent was given. Check shows what was granted."))
    else:
        messages.warning(
            request,
            _(
                "Admin consent was not given. Somebody who may grant it, such as a Global "
                "Administrator, has to open the link in step 5."
            ),
        )
    return redirect("integration", tenant=slug)


def _slug_in(state: str) -> str | None:
    try:
        return str(signing.loads(state, salt=SALT, max_age=DAY))
    except signing.BadSignature:
        return None
