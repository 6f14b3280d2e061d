"""What somebody is to be told now, and what is over: from how things are and what was told.

A notice of a kind is open from its first telling until it is over. It has steps (days left, codes
of failures, plans): each is told once while it is open. What cannot be judged now (a paused sync, a
failure that passes by itself) neither opens a notice nor ends one.
"""

import enum
import math
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

CERTIFICATE_STEPS: Final = (60, 30, 14, 7, 1)
WEB_STEPS: Final = (14, 7, 1)
"""Days before the end of a certificate; renewed by itself, the web's has 30 days left at most."""

SHARE: Final = 2 / 3
"""A step that is more than so much of a certificate's whole life is left out."""

DAY: Final = timedelta(days=1)
GRACE: Final = timedelta(hours=2)
"""So long a run may take after its time; a success so long before its time counts for it, too."""

PASSING: Final = frozenset(
    {
        "busy",
        "cursor-lost",
        "database-gone",
        "disk-full",
        "empty-directory",
        "half-answer",
        "handed-over",
        "interrupted",
        "outdated",
        "sign-in-unavailable",
        "try-later",
    }
)
"""Codes of failures that nobody at the tenant need mend: only their long silence is told."""

OK: Final = frozenset({"applied", "held", "discarded", "superseded"})


class Kind(enum.StrEnum):
    """What is told."""

    CERTIFICATE = "certificate"
    FAILED = "failed"
    SILENT = "silent"
    HELD = "held"
    WEB_CERTIFICATE = "web"


class CertificateFacts(msgspec.Struct, frozen=True):
    """A certificate in use. `name` tells it from the one after it."""

    name: str
    begins_at: datetime
    ends_at: datetime


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """How a tenant's integration is.

    `awake`: its sync is to run. The newest run is one that ended, was not cancelled, and was no
    preview. `good_at` is when it was last known to be good, `slot_at` a scheduled time.
    """

    active: bool
    awake: bool
    certificate: CertificateFacts | None
    run: int | None
    run_state: str
    run_code: str
    run_message: str
    run_ended_at: datetime | None
    good_at: datetime
    slot_at: datetime | None
    held_run: int | None
    held_plan: str
    held_at: datetime | None
    held_sentence: str


class Standing(msgspec.Struct, frozen=True):
    """It is so: since when, at which step, and what is to be said of it."""

    step: str
    since: datetime
    detail: Mapping[str, str] = {}


class Over(msgspec.Struct, frozen=True):
    """It is not so, or not any more."""


class Unclear(msgspec.Struct, frozen=True):
    """Nobody can say now."""


Judgement = Standing | Over | Unclear


class Known(msgspec.Struct, frozen=True):
    """An open notice, and the steps of it that were told."""

    kind: Kind
    told: frozenset[str] = frozenset()


class Tell(msgspec.Struct, frozen=True):
    """This is to be told: for the first time, or a step further."""

    kind: Kind
    standing: Standing


class Recover(msgspec.Struct, frozen=True):
    """This is over."""

    kind: Kind


Decision = Tell | Recover


def decide(facts: Facts, known: Mapping[Kind, Known], *, now: datetime) -> list[Decision]:
    """Return what is to be told of a tenant, and what of it is over."""
    failed = _failed(facts)
    failing = isinstance(failed, Standing) or (
        Kind.FAILED in known and not isinstance(failed, Over)
    )
    judged = {
        Kind.CERTIFICATE: _of_tenant(facts, now),
        Kind.FAILED: failed,
        Kind.SILENT: _silent(facts, now, quiet=failing and Kind.SILENT not in known),
        Kind.HELD: _held(facts),
    }
    return list(_decisions(judged, known))


def decide_web(
    certificate: CertificateFacts | None, known: Mapping[Kind, Known], *, now: datetime
) -> list[Decision]:
    """Return what is to be told of the web server's own certificate."""
    judgement = judge_certificate(certificate, steps=WEB_STEPS, now=now)
    return list(_decisions({Kind.WEB_CERTIFICATE: judgement}, known))


def _decisions(judged: Mapping[Kind, Judgement], known: Mapping[Kind, Known]) -> Iterator[Decision]:
    for kind, judgement in judged.items():
        before = known.get(kind)
        match judgement:
            case Standing() if before is None or judgement.step not in before.told:
                yield Tell(kind, judgement)
            case Over() if before is not None:
                yield Recover(kind)
            case _:
                pass


def _of_tenant(facts: Facts, now: datetime) -> Judgement:
    if not facts.active:
        return Unclear()
    return judge_certificate(facts.certificate, steps=CERTIFICATE_STEPS, now=now)


def judge_certificate(
    certificate: CertificateFacts | None, *, steps: tuple[int, ...], now: datetime
) -> Judgement:
    """Judge how near a certificate is to its end."""
    if certificate is None:
        return Unclear()
    life = certificate.ends_at - certificate.begins_at
    left = certificate.ends_at - now
    reached = [days for days in steps if days * DAY <= life * SHARE and left <= days * DAY]
    if left <= timedelta(0):
        reached = [0]
    if not reached:
        return Over()
    step = min(reached)
    return Standing(
        step=f"{certificate.name}:{step}",
        since=certificate.ends_at if step == 0 else certificate.ends_at - step * DAY,
        detail={
            "ends": certificate.ends_at.isoformat(),
            "days": str(max(0, math.ceil(left / DAY))),
            "step": str(step),
        },
    )


def _failed(facts: Facts) -> Judgement:
    if not facts.awake:
        return Unclear()
    if facts.run_state in OK:
        return Over()
    if facts.run_state != "failed" or facts.run_code in PASSING or facts.run_ended_at is None:
        return Unclear()
    return Standing(
        step=facts.run_code,
        since=facts.run_ended_at,
        detail={"run": str(facts.run), "code": facts.run_code, "message": facts.run_message},
    )


def _silent(facts: Facts, now: datetime, *, quiet: bool) -> Judgement:
    if not facts.awake or facts.slot_at is None or quiet:
        return Unclear()
    passed = math.floor((now - GRACE - facts.slot_at) / DAY)
    last = facts.slot_at + passed * DAY
    good_at = facts.good_at
    if facts.run_state == "held" and facts.run_ended_at is not None:
        good_at = max(good_at, facts.run_ended_at)
    if good_at >= last - DAY - GRACE:
        return Over()
    return Standing(step="silent", since=good_at, detail={"since": good_at.isoformat()})


def _held(facts: Facts) -> Judgement:
    if not facts.awake:
        return Unclear()
    if facts.held_run is None or facts.held_at is None:
        return Over()
    return Standing(
        step=facts.held_plan,
        since=facts.held_at,
        detail={"run": str(facts.held_run), "sentence": facts.held_sentence},
    )
