"""Apply plans for address books: some books in one transaction, in sets."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from rollcall.core.contacts import BookPlan, ContactChange
from rollcall.store.session import RunScope, Transaction
from rollcall.store.sql import load_statements

SQL = load_statements("contacts.sql")

_json = msgspec.json.Encoder()

Holders = Mapping[int, int]
"""Book id -> the extension id of its owner (0: the company)."""


async def apply_book_plans(
    transaction: Transaction,
    plans: Sequence[BookPlan],
    *,
    scope: RunScope,
    shape: str,
    now: datetime,
    began_at: datetime | None = None,
) -> None:
    """Apply plans inside `transaction`. Books that went away meanwhile are passed over."""
    ids = [plan.book_id for plan in plans]
    holders: Holders = dict(await transaction.fetch(SQL["book_holders"], {"ids": ids}))
    plans = [plan for plan in plans if plan.book_id in holders]
    await _drop(transaction, plans)
    await _change(transaction, plans, holders, scope)
    await _create(transaction, plans, holders, scope)
    await _keep_folders(transaction, plans)
    await transaction.run(SQL["mark_read"], {"ids": list(holders), "shape": shape, "now": now})
    if began_at is not None:
        given = {"ids": list(holders), "now": now, "began_at": began_at}
        await transaction.run(SQL["mark_read_anew"], given)


async def _drop(transaction: Transaction, plans: Iterable[BookPlan]) -> None:
    gone = [(plan.book_id, contact_id) for plan in plans for contact_id in plan.gone]
    if gone:
        books, contacts = zip(*gone, strict=True)
        given = {"books": list(books), "contacts": list(contacts)}
        await transaction.run(SQL["drop_contacts"], given)


async def _change(
    transaction: Transaction, plans: Iterable[BookPlan], holders: Holders, scope: RunScope
) -> None:
    changes = {
        (plan.book_id, change.record.contact_id): change
        for plan in plans
        for change in plan.changed
    }
    if not changes:
        return
    await transaction.run(SQL["make_contact_stage"])
    rows = ((book_id, *_contact_row(change)) for (book_id, _), change in changes.items())
    await transaction.copy(SQL["copy_contact_stage"], rows)
    written = [
        (contact_id, holders[book_id], changes[book_id, key])
        for contact_id, book_id, key in await transaction.fetch(SQL["change_contacts"])
    ]
    await transaction.run(SQL["drop_numbers"], {"ids": [each for each, _, _ in written]})
    await transaction.copy(SQL["copy_numbers"], _number_rows(written, scope))


async def _create(
    transaction: Transaction, plans: Iterable[BookPlan], holders: Holders, scope: RunScope
) -> None:
    created = [(plan.book_id, change) for plan in plans for change in plan.created]
    if not created:
        return
    ids = await transaction.fetch(SQL["new_contact_ids"], {"count": len(created)})
    rows = (
        (contact_id, scope.tenant_id, book_id, holders[book_id], *_contact_row(change))
        for (contact_id,), (book_id, change) in zip(ids, created, strict=True)
    )
    await transaction.copy(SQL["copy_contacts"], rows)
    numbered = (
        (contact_id, holders[book_id], change)
        for (contact_id,), (book_id, change) in zip(ids, created, strict=True)
    )
    await transaction.copy(SQL["copy_numbers"], _number_rows(numbered, scope))


def _contact_row(change: ContactChange) -> tuple[Any, ...]:
    record = change.record
    return (
        record.contact_id,
        record.folder_id,
        change.fingerprint,
        record.display_name,
        record.first_name,
        record.last_name,
        record.company,
        record.job_title,
        record.department,
        _json.encode(record.emails).decode(),
        _json.encode(record.addresses).decode(),
    )


def _number_rows(
    contacts: Iterable[tuple[int, int, ContactChange]], scope: RunScope
) -> Iterator[tuple[Any, ...]]:
    for contact_id, holder, change in contacts:
        for position, phone in enumerate(change.phones):
            dialled = phone.dialled
            yield (
                scope.tenant_id,
                contact_id,
                position,
                holder,
                phone.kind,
                phone.number,
                dialled.e164,
                dialled.extension,
            )


async def _keep_folders(transaction: Transaction, plans: Sequence[BookPlan]) -> None:
    folders = [(plan.book_id, folder) for plan in plans for folder in plan.folders]
    given = {
        "ids": [plan.book_id for plan in plans],
        "books": [book_id for book_id, _ in folders],
        "folders": [folder.folder_id for _, folder in folders],
        "parents": [folder.parent_id for _, folder in folders],
        "paths": [folder.path for _, folder in folders],
        "cursors": [folder.cursor for _, folder in folders],
        "sizes": [folder.contacts for _, folder in folders],
    }
    await transaction.run(SQL["keep_folders"], given)
    await transaction.run(SQL["drop_folders"], given)
