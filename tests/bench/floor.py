"""The floor: the same bytes fetched, decoded, hashed and copied, with nothing else.

No planning, no retries, no transaction but one, no index: what the protocol and the database cost
on this machine at this moment. It runs in a process of its own, as the product does.
"""

import asyncio
import hashlib
import json
import ssl
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import psycopg
import uvloop

from rollcall.providers.m365.wire import CONTACT_FIELDS, USER_FIELDS, ContactPageWire, UserPageWire

IN_FLIGHT = 4
PREFER = 'IdType="ImmutableId", odata.maxpagesize=500'
TABLES = (
    """CREATE UNLOGGED TABLE IF NOT EXISTS floor_users (id text, record jsonb, hash bytea,
    c1 text, c2 text, c3 text, c4 text, c5 text, c6 text, c7 text, c8 text)""",
    """CREATE UNLOGGED TABLE IF NOT EXISTS floor_contacts (mailbox text, id text, hash bytea,
    c1 text, c2 text, c3 text, c4 text, emails jsonb)""",
    "CREATE UNLOGGED TABLE IF NOT EXISTS floor_numbers (id text, number text)",
    "TRUNCATE floor_users, floor_contacts, floor_numbers",
)


class _Task(msgspec.Struct):
    graph: str
    ca_file: str
    token: str
    conninfo: str
    mailboxes: list[str]
    photos: list[str]
    folder_lists: bool


async def _run(task: _Task) -> None:
    trust = ssl.create_default_context(cafile=task.ca_file)
    headers = {"Authorization": f"Bearer {task.token}", "Accept-Encoding": "gzip"}
    async with (
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=trust), headers=headers, read_bufsize=1 << 20
        ) as session,
        await psycopg.AsyncConnection.connect(task.conninfo) as connection,
    ):
        for statement in TABLES:
            await connection.execute(statement)
        await _users(session, connection, task)
        await _batches(session, connection, task)
        await connection.commit()


async def _users(
    session: aiohttp.ClientSession, connection: psycopg.AsyncConnection, task: _Task
) -> None:
    url = f"{task.graph}/v1.0/users/delta?$select={','.join(USER_FIELDS)}"
    decoder = msgspec.json.Decoder(UserPageWire)
    cursor = connection.cursor()
    async with cursor.copy("COPY floor_users FROM STDIN") as copy:
        while url:
            async with session.get(url, headers={"Prefer": "odata.maxpagesize=999"}) as response:
                page = decoder.decode(await response.read())
            for user in page.value:
                encoded = msgspec.json.encode(user)
                texts = (user.display_name, user.given_name, user.surname, user.mail)
                more = (
                    user.user_principal_name,
                    user.mobile_phone,
                    user.job_title,
                    user.department,
                )
                digest = hashlib.blake2b(encoded, digest_size=16).digest()
                await copy.write_row((user.id, encoded.decode(), digest, *texts, *more))
            url = page.next_link or ""


def _items(task: _Task) -> Iterator[dict[str, Any]]:
    select = ",".join(CONTACT_FIELDS)
    for mailbox in task.mailboxes:
        if task.folder_lists:
            yield {"method": "GET", "url": f"/users/{mailbox}/contactFolders?$top=500"}
        path = f"/users/{mailbox}/contactFolders/contacts/contacts/delta?$select={select}"
        yield {"method": "GET", "url": path, "headers": {"Prefer": PREFER}}
    for person in task.photos:
        yield {"method": "GET", "url": f"/users/{person}/photo"}


def _bodies(items: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    iterator = iter(items)
    while part := list(islice(iterator, 20)):
        numbered = [{"id": str(n), **item} for n, item in enumerate(part)]
        yield msgspec.json.encode({"requests": numbered})


async def _batches(
    session: aiohttp.ClientSession, connection: psycopg.AsyncConnection, task: _Task
) -> None:
    bodies = _bodies(_items(task))
    lock = asyncio.Lock()

    async def worker() -> None:
        for body in bodies:
            async with session.post(
                f"{task.graph}/v1.0/$batch",
                data=body,
                headers={"Content-Type": "application/json"},
            ) as response:
                answer = await response.read()
            contacts, numbers = _decode(answer)
            async with lock:
                await _copy(connection, contacts, numbers)

    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))


class _Item(msgspec.Struct):
    status: int
    body: msgspec.Raw


class _Batch(msgspec.Struct):
    responses: list[_Item]


def _decode(answer: bytes) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    contacts: list[tuple[Any, ...]] = []
    numbers: list[tuple[Any, ...]] = []
    for item in msgspec.json.decode(answer, type=_Batch).responses:
        if item.status != 200:
            continue
        try:
            page = msgspec.json.decode(item.body, type=ContactPageWire)
        except msgspec.ValidationError:
            continue
        for contact in page.value:
            encoded = msgspec.json.encode(contact)
            digest = hashlib.blake2b(encoded, digest_size=16).digest()
            emails = msgspec.json.encode(contact.email_addresses).decode()
            texts = (
                contact.display_name,
                contact.given_name,
                contact.surname,
                contact.company_name,
            )
            contacts.append(("", contact.id, digest, *texts, emails))
            phones = [*(contact.business_phones or ()), contact.mobile_phone]
            numbers += [(contact.id, phone) for phone in phones if phone]
    return contacts, numbers


async def _copy(
    connection: psycopg.AsyncConnection,
    contacts: list[tuple[Any, ...]],
    numbers: list[tuple[Any, ...]],
) -> None:
    cursor = connection.cursor()
    for table, rows in (("floor_contacts", contacts), ("floor_numbers", numbers)):
        if rows:
            async with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                for row in rows:
                    await copy.write_row(row)


def main() -> None:
    """Run the task in the file named on the command line; print the seconds it took."""
    task = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=_Task)
    begun = time.monotonic()
    uvloop.run(_run(task))
    sys.stdout.write(json.dumps({"seconds": time.monotonic() - begun}))


if __name__ == "__main__":
    main()
