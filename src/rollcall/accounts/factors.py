"""What codes look like, and which are right: one-time codes of a device, recovery codes on paper.

Values in, values out; `factor_operations` keeps them.
"""

import hmac
import secrets
from datetime import datetime
from typing import Final

import pyotp

from rollcall.accounts.tokens import digest_of

STEP_SECONDS: Final = 30
WINDOW: Final = 1
"""Steps that a clock may be wrong by, either way."""

ISSUER: Final = "Rollcall"
RECOVERY_CODES: Final = 10
GROUP: Final = 4
GROUPS: Final = 4
LETTERS: Final = "abcdefghijkmnpqrstuvwxyz23456789"
"""32 signs that nobody mistakes for each other: sixteen of them are 80 random bits."""

DIGITS: Final = 6


def new_secret() -> str:
    """Return a new secret for a device, as it is typed (base32, 160 bits)."""
    return pyotp.random_base32()


def device_address(secret: str, *, email: str) -> str:
    """Return what a QR code tells a device."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def matching_step(secret: str, code: str, *, now: datetime, after: int = 0) -> int | None:
    """Return the time step that a code is right for, later than `after`; None if it is wrong."""
    given = "".join(code.split())
    if len(given) != DIGITS or not given.isascii() or not given.isdecimal():
        return None
    device = pyotp.TOTP(secret)
    present = int(now.timestamp()) // STEP_SECONDS
    for step in range(present - WINDOW, present + WINDOW + 1):
        right = device.generate_otp(step)
        if hmac.compare_digest(right, given) and step > after:
            return step
    return None


def new_recovery_codes() -> list[str]:
    """Return codes to be kept on paper."""
    return [_new_recovery_code() for _ in range(RECOVERY_CODES)]


def _new_recovery_code() -> str:
    signs = [secrets.choice(LETTERS) for _ in range(GROUP * GROUPS)]
    groups = ["".join(signs[first : first + GROUP]) for first in range(0, len(signs), GROUP)]
    return "-".join(groups)


def recovery_digest(code: str) -> str:
    """Return what is kept of a recovery code, however it was typed."""
    return digest_of("".join(sign for sign in code.casefold() if sign in LETTERS))
