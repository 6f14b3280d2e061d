"""What a page may load, and whom it may ask: this server alone; no inline script or style."""

from typing import Final

_PARTS: Final = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
)


def content_policy(*, socket: str = "") -> str:
    """Return the policy of a page. `socket` is an origin that it may connect to besides."""
    parts = (
        f"{part} {socket}" if socket and part.startswith("connect-src") else part for part in _PARTS
    )
    return "; ".join(parts)
