"""Which mailboxes the contact stages are about."""

from collections.abc import Mapping
from contextlib import aclosing
from datetime import timedelta

from rollcall.core.books import (
    choose_mailboxes,
    plan_company_books,
    plan_personal_books,
    purposes_to_ask,
)
from rollcall.core.errors import SetupError
from rollcall.core.policy import Mode, Stage
from rollcall.core.ports import KnownPurpose, Owner, PurposeAnswer, Purposes
from rollcall.core.records import SourceId
from rollcall.core.report import Problem
from rollcall.sync.contacts import Shelf
from rollcall.sync.context import RunContext
from rollcall.sync.lists import resolve_list
from rollcall.sync.reading import PeopleReading

ASK_AGAIN = timedelta(days=7)
"""How long a refusal to say what mailboxes are for is taken as the answer."""


async def personal_shelf(
    run: RunContext, owners: Mapping[SourceId, Owner], unsaved: PeopleReading | None
) -> Shelf:
    """Return the books of people's own contacts.

    `unsaved` is what this run read of the people and did not store (a preview, a held stage).
    """
    stage = Stage.PERSONAL_CONTACTS
    selection, problems = await resolve_list(run, stage, "personal", run.settings.personal, unsaved)
    books = await run.store.books(stage)
    plan = plan_personal_books(owners=owners, selection=selection, books=books, now=run.now())
    return Shelf(stage=stage, plan=plan, books=books, problems=tuple(problems))


async def company_shelf(run: RunContext, unsaved: PeopleReading | None) -> Shelf:
    """Return the books of the company's contacts, one for each shared mailbox."""
    stage = Stage.COMPANY_CONTACTS
    listed = run.settings.mailboxes
    selection, problems = await resolve_list(run, stage, "mailboxes", listed, unsaved)
    purposes = None
    if listed.mode is not Mode.ONLY:
        purposes, unknown = await _ask_purposes(run, unsaved)
        problems += unknown
    mailboxes = choose_mailboxes(selection, purposes)
    books = await run.store.books(stage)
    plan = plan_company_books(mailboxes=mailboxes, books=books, now=run.now())
    return Shelf(stage=stage, plan=plan, books=books, problems=tuple(problems))


async def _ask_purposes(
    run: RunContext, unsaved: PeopleReading | None
) -> tuple[Purposes, list[Problem]]:
    stored = await run.store.purposes()
    fresh = _fresh(unsaved) if unsaved else {}
    known = {**fresh, **stored.known}
    refused_at = stored.refused_at
    if refused_at is not None and refused_at + ASK_AGAIN > run.now() and not run.full:
        return Purposes(known=known, refused_at=refused_at), [_not_permitted()]
    unasked = purposes_to_ask(known, run.now())
    if not unasked:
        return Purposes(known=known, refused_at=None), []
    answers: list[PurposeAnswer] = []
    problems: list[Problem] = []
    try:
        async with aclosing(run.source.read_purposes(unasked)) as replies:
            answers = [reply async for reply in replies]
    except SetupError:
        problems.append(_not_permitted())
    told = {each.source_id: each.purpose for each in answers if not each.problem}
    if not run.dry_run:
        await run.store.keep_purposes(told, refused=bool(problems), now=run.now())
    problems += [_not_read(each) for each in answers if each.problem]
    learnt = {each: KnownPurpose(purpose) for each, purpose in told.items() if purpose}
    return Purposes(known={**known, **learnt}, refused_at=None), problems


def _fresh(reading: PeopleReading) -> dict[SourceId, KnownPurpose]:
    return {record.source_id: KnownPurpose() for record in reading.current(()) if record.email}


def _not_read(answer: PurposeAnswer) -> Problem:
    return Problem(Stage.COMPANY_CONTACTS, answer.source_id, "purpose-not-read", answer.problem)


def _not_permitted() -> Problem:
    return Problem(
        Stage.COMPANY_CONTACTS,
        "",
        "shared-mailboxes-unknown",
        "Without the permission MailboxSettings.Read Microsoft does not say which mailboxes are "
        "shared. Grant it, or name the mailboxes (“Only these”).",
    )
