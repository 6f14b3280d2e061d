"""Forget sign-ins that are over: sessions, links, counts of attempts."""

from datetime import datetime

from rollcall.accounts.attempts import forget_attempts
from rollcall.accounts.links import forget_links
from rollcall.accounts.sessions import forget_sessions


def forget_sign_ins(*, now: datetime) -> int:
    """Delete what has had its time; return how many rows."""
    return forget_sessions(now=now) + forget_links(now=now) + forget_attempts(now=now)
