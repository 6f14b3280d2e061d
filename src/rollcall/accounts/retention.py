"""Forget sign-ins that are over: sessions, links, counts of attempts, states that were used."""

from datetime import datetime

from rollcall.accounts.attempts import forget_attempts
from rollcall.accounts.holders import drop_orphans
from rollcall.accounts.links import drop_all_links, forget_links
from rollcall.accounts.microsoft import forget_states
from rollcall.accounts.session_life import STANDARD, SessionLife
from rollcall.accounts.sessions import end_all_sessions, forget_sessions


def forget_sign_ins(*, now: datetime, life: SessionLife = STANDARD) -> int:
    """Delete what has had its time; return how many rows."""
    others = forget_links(now=now) + forget_attempts(now=now) + forget_states(now=now)
    return forget_sessions(now=now, life=life) + others + drop_orphans()


def revoke_restored() -> int:
    """End what a backup brought back: sessions and links may have been ended since it was made."""
    return end_all_sessions() + drop_all_links()
