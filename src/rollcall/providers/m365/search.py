"""People who are looked for as somebody types: the first few, not all.

https://learn.microsoft.com/graph/search-query-parameter,
https://learn.microsoft.com/graph/aad-advanced-queries. Where a cloud does not serve `$search`, the
beginnings of fields are compared instead, which every cloud does.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import quote

from rollcall.core.errors import ContractError
from rollcall.core.records import UserRecord
from rollcall.providers.m365.graph import GraphClient
from rollcall.providers.m365.mapping import to_sighting
from rollcall.providers.m365.permissions import USERS
from rollcall.providers.m365.users import SELECT, decode_users

FIELDS = ("displayName", "givenName", "surname", "userPrincipalName", "mail")
ADVANCED = {"ConsistencyLevel": "eventual"}
LONGEST = 100
"""Characters of a search that are of any use."""

_OPERATORS = re.compile(r'["\\]+')
DISABLED = "accountEnabled eq false and userType eq 'Member'"


class PeopleSearch:
    """Looks for people in the live directory."""

    def __init__(self, graph: GraphClient) -> None:
        self._graph = graph

    async def find(self, text: str, *, most: int) -> list[UserRecord]:
        """Return at most `most` people with a name or address that begins so; the best first."""
        words = " ".join(_OPERATORS.sub(" ", text).split())[:LONGEST]
        if not words:
            return []
        with suppress(ContractError):
            return await self._read(_searching(words, most), ADVANCED)
        return await self._read(_filtering(words, most), {})

    async def find_disabled(self, *, most: int) -> list[UserRecord]:
        """Return people who may not sign in: most shared mailboxes are among them."""
        query = f"$top={most}&$filter={quote(DISABLED)}"
        return await self._read(query, {})

    async def _read(self, query: str, headers: Mapping[str, str]) -> list[UserRecord]:
        page, _ = await self._graph.get(
            f"/users?$select={SELECT}&{query}", decode_users, permission=USERS, headers=headers
        )
        people = map(to_sighting, page.value)
        return [person for person in people if isinstance(person, UserRecord)]


def _searching(words: str, most: int) -> str:
    clauses = " OR ".join(f'"{field}:{words}"' for field in FIELDS)
    return f"$count=true&$orderby=displayName&$top={most}&$search={quote(clauses)}"


def _filtering(words: str, most: int) -> str:
    literal = "'" + words.replace("'", "''") + "'"
    clauses = " or ".join(f"startswith({field},{literal})" for field in FIELDS)
    return f"$top={most}&$filter={quote(clauses)}"
