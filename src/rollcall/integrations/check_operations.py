"""Keep what a check of the set-up finds, as it comes."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from django.db import transaction
from django.db.models import Q

from rollcall.core.findings import Finding
from rollcall.integrations.domains import keep_verified
from rollcall.integrations.models import SetupCheck
from rollcall.integrations.queries import IntegrationView

LONGEST = timedelta(minutes=2)
"""A check that began longer ago and has not ended never will: its process died."""


class Learnt(msgspec.Struct, frozen=True, kw_only=True):
    """What a check learnt of the directory. `granted` is None if there was no token.

    `domain` is the one that new people get, `domains` are all that are verified.
    """

    organisation: str = ""
    domain: str = ""
    domains: tuple[str, ...] = ()
    granted: tuple[str, ...] | None = None
    lacking: tuple[str, ...] = ()


@transaction.atomic
def begin_check(integration: IntegrationView, *, now: datetime) -> bool:
    """Begin a check; False if one is going on already."""
    rows = SetupCheck.objects.of(integration.tenant_id)
    _, made = rows.get_or_create(
        integration_id=integration.id,
        defaults={"tenant_id": integration.tenant_id, "started_at": now},
    )
    if made:
        return True
    free = rows.filter(Q(finished_at__isnull=False) | Q(started_at__lt=now - LONGEST))
    return bool(free.update(started_at=now, finished_at=None, findings=[]))


def keep_findings(
    integration: IntegrationView, findings: Sequence[Finding], *, began: datetime
) -> None:
    """Keep what the check that began then has found so far; nothing, if another has begun since."""
    rows = SetupCheck.objects.of(integration.tenant_id).filter(started_at=began)
    rows.update(findings=msgspec.to_builtins(findings))


@transaction.atomic
def end_check(
    integration: IntegrationView,
    findings: Sequence[Finding],
    learnt: Learnt,
    *,
    began: datetime,
    now: datetime,
) -> None:
    """Keep what a check has found, and what it learnt; what it could not learn is left alone."""
    values: dict[str, object] = {
        "findings": msgspec.to_builtins(findings),
        "finished_at": now,
        "granted": list(learnt.granted) if learnt.granted is not None else None,
        "lacking": list(learnt.lacking),
    }
    if learnt.domain:
        values |= {"organisation": learnt.organisation, "domain": learnt.domain}
    rows = SetupCheck.objects.of(integration.tenant_id).filter(started_at=began)
    if rows.update(**values) and learnt.domains:
        keep_verified(integration.tenant_id, integration.id, learnt.domains)


def forget_directory(tenant_id: int) -> None:
    """Forget what was learnt: the integration is about another directory or application now."""
    SetupCheck.objects.of(tenant_id).delete()
