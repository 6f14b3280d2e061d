"""Tell tenants and the provider what they should know: facts, decision, mails and memory at once.

All of it is one transaction, so that what is noted as told is in the outbox, and what is in the
outbox is noted. Nothing is sent here.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from django.db import transaction
from django.urls import reverse

from rollcall.accounts.addresses import administrators_addresses
from rollcall.core.notices import (
    CertificateFacts,
    Decision,
    Kind,
    Known,
    Recover,
    Tell,
    decide,
    decide_web,
)
from rollcall.integrations.notice_facts import TenantFacts, read_notice_facts
from rollcall.mail.notice_operations import (
    PROVIDER,
    Line,
    NoticeChange,
    addresses_of,
    keep_notices,
    known_notices,
    queue_lines,
    take_lines,
    take_telling_lock,
)
from rollcall.mail.operations import NewMail, send_mails
from rollcall.mail.queries import find_mail_server
from rollcall.wiring.machine import Machine
from rollcall.wiring.notice_texts import Words, digest_of, letter, words_of, words_of_end

APART: Final = timedelta(minutes=15)
"""So long after a mail to the provider what else happens is collected for the next one."""

NOTICE: Final = "notice"


class _Told(msgspec.Struct, frozen=True):
    """Something decided, of whom, and who hears of it."""

    tenant: TenantFacts | None
    decision: Decision
    to: tuple[str, ...]


class _Desk(msgspec.Struct, frozen=True):
    """Where mails come from: who the provider is, whether mails go at all, and the links."""

    provider: tuple[str, ...]
    serves: bool
    origin: str
    now: datetime


@transaction.atomic
def tell_notices(
    machine: Machine, *, now: datetime, web_certificate: CertificateFacts | None = None
) -> int:
    """Queue mails about what is new, once each; return how many notices were told or ended."""
    if not take_telling_lock():
        return 0
    desk = _open_desk(machine, now)
    known = known_notices()
    told = _with_addresses(list(_decided(known, web_certificate, now)), desk)
    if told:
        _keep(told, known, desk)
    _write_to_provider(desk)
    return sum(bool(each.to or desk.provider) for each in told)


def _open_desk(machine: Machine, now: datetime) -> _Desk:
    server = find_mail_server()
    domain = machine.environment.web_domain
    return _Desk(
        provider=server.notice_addresses if server else (),
        serves=server is not None,
        origin=domain.origin if domain else "",
        now=now,
    )


def _decided(
    known: Mapping[int | None, Mapping[Kind, Known]],
    web_certificate: CertificateFacts | None,
    now: datetime,
) -> Iterator[tuple[TenantFacts | None, Decision]]:
    for decision in decide_web(web_certificate, known.get(None, {}), now=now):
        yield None, decision
    for tenant in read_notice_facts():
        for decision in decide(tenant.facts, known.get(tenant.tenant_id, {}), now=now):
            yield tenant, decision


def _with_addresses(
    decided: Sequence[tuple[TenantFacts | None, Decision]], desk: _Desk
) -> list[_Told]:
    if not desk.serves:
        return [_Told(tenant, decision, ()) for tenant, decision in decided]
    ids = {tenant.tenant_id for tenant, _ in decided if tenant}
    chosen = addresses_of(ids) if ids else {}
    administrators = administrators_addresses(ids - set(chosen)) if ids else {}
    return [
        _Told(
            tenant,
            decision,
            tuple({**administrators, **chosen}.get(tenant.tenant_id, ())) if tenant else (),
        )
        for tenant, decision in decided
    ]


def _keep(
    told: Sequence[_Told], known: Mapping[int | None, Mapping[Kind, Known]], desk: _Desk
) -> None:
    """Remember, and queue the mails. The end of what nobody was told of is told to nobody."""
    changes, mails, lines = [], [], []
    for each in told:
        tenant_id = each.tenant.tenant_id if each.tenant else None
        audible = isinstance(each.decision, Tell) or bool(
            known.get(tenant_id, {})[each.decision.kind].told
        )
        changes.append(_change(each, tenant_id, desk))
        if not audible or not desk.serves:
            continue
        words, address = _words(each), _address(each, desk)
        text = letter(words, address)
        mails += [
            NewMail(to=to, subject=words.subject, text=text, tenant_id=tenant_id, kind=NOTICE)
            for to in each.to
        ]
        if desk.provider:
            lines.append(Line(tenant_id=tenant_id, subject=words.subject, text=text))
    keep_notices(changes, now=desk.now)
    send_mails(mails, now=desk.now)
    queue_lines(lines, now=desk.now)


def _change(told: _Told, tenant_id: int | None, desk: _Desk) -> NoticeChange:
    match told.decision:
        case Tell(kind, standing):
            return NoticeChange(
                tenant_id=tenant_id,
                kind=kind,
                step=standing.step,
                since=standing.since,
                detail=standing.detail,
                heard=bool(told.to or desk.provider),
                told_to=told.to,
            )
        case Recover(kind):
            return NoticeChange(
                tenant_id=tenant_id,
                kind=kind,
                step=None,
                since=desk.now,
                detail={},
                heard=False,
                told_to=(),
            )


def _words(told: _Told) -> Words:
    name = told.tenant.name if told.tenant else ""
    match told.decision:
        case Tell(kind, standing):
            zone = told.tenant.time_zone if told.tenant else "UTC"
            return words_of(kind, standing.detail, name=name, zone=zone)
        case Recover(kind):
            return words_of_end(kind, name=name)


def _address(told: _Told, desk: _Desk) -> str:
    """Return the page on which somebody sees it and can do something; empty without a domain."""
    if not desk.origin:
        return ""
    if told.tenant is None:
        return desk.origin + reverse("home")
    values: dict[str, object] = {"tenant": told.tenant.slug}
    page = "integration"
    if isinstance(told.decision, Tell) and "run" in told.decision.standing.detail:
        page, values["run_id"] = "integration-run", int(told.decision.standing.detail["run"])
    return desk.origin + reverse(page, kwargs=values)


def _write_to_provider(desk: _Desk) -> None:
    if not desk.provider:
        return
    lines = take_lines(now=desk.now, apart=APART)
    if not lines:
        return
    words = digest_of([(line.subject, line.text) for line in lines])
    text = words.text
    if len(lines) > 1:
        text = letter(words, desk.origin + reverse("system-tenants") if desk.origin else "")
    send_mails(
        [
            NewMail(to=to, subject=words.subject, text=text, tenant_id=None, kind=PROVIDER)
            for to in desk.provider
        ],
        now=desk.now,
    )
