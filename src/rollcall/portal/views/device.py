"""A device that is to become a second factor: its secret, the picture of it, the form."""

from typing import Final

import segno
from django.core import signing
from django.utils.translation import gettext as _

from rollcall.accounts.factors import device_address, new_secret
from rollcall.accounts.sessions import SignedIn
from rollcall.core.errors import SetupError
from rollcall.portal.forms.entry import DeviceForm
from rollcall.web.identity import PageRequest

SALT: Final = "rollcall.portal.device"
LASTS: Final = 30 * 60
QUIET_ZONE: Final = 4
GROUP: Final = 4


def device_form(
    request: PageRequest, identity: SignedIn, kind: type[DeviceForm] = DeviceForm
) -> DeviceForm:
    """Return the form as it was sent, or one for a new device.

    The secret travels in the form, signed for this account: until a code proves that a device has
    it, it is worth nothing and kept nowhere.
    """
    if request.method == "POST":
        return kind(request.POST)
    return kind(initial={"device": _signed(new_secret(), identity)})


def _signed(secret: str, identity: SignedIn) -> str:
    return signing.dumps([identity.account_id, secret], salt=SALT)


def secret_of(form: DeviceForm, identity: SignedIn) -> str:
    """Return the secret in a form, or raise SetupError if it is not one that we gave."""
    secret = _read(form, identity)
    if secret is None:
        raise SetupError(_("This page is too old. Load it again."), code="old-form")
    return secret


def device_values(identity: SignedIn, form: DeviceForm) -> dict[str, object]:
    """Return what a page shows of a device that is to be set up."""
    secret = _read(form, identity)
    if secret is None:
        secret = new_secret()
        form = type(form)({**dict(form.data.items()), "device": _signed(secret, identity)})
        form.add_error("code", _("The page was too old. Scan the new picture, please."))
    return {"form": form, "picture": _picture(secret, identity.email), "secret": _spelt(secret)}


def _read(form: DeviceForm, identity: SignedIn) -> str | None:
    try:
        account_id, secret = signing.loads(
            str(form["device"].value() or ""), salt=SALT, max_age=LASTS
        )
    except (signing.BadSignature, TypeError, ValueError):
        return None
    return str(secret) if account_id == identity.account_id else None


def _picture(secret: str, email: str) -> str:
    code = segno.make(device_address(secret, email=email), error="m")
    return code.svg_inline(border=QUIET_ZONE, dark="#000", light="#fff", omitsize=True)


def _spelt(secret: str) -> str:
    return " ".join(secret[first : first + GROUP] for first in range(0, len(secret), GROUP))
