"""Requests counted: what a run asked by the simulator's log, what it may ask by the formula.

The formula is that of docs/reference/requests.md; it is reckoned from the directory's truth.
"""

from collections import Counter
from dataclasses import dataclass

from tests.simulator.shown import RequestSeen, UserTruth
from tests.sites import Site

BATCH_ITEMS = 20
READABLE = frozenset({"user", "linked", "shared"})
ABSENT = frozenset({"none", "on-premises", "inactive"})


@dataclass(frozen=True)
class Asked:
    """How many requests of each kind: tokens, pages of people, batches of each kind."""

    tokens: int
    pages: int
    tags: int
    mailboxes: int
    others: int = 0

    @property
    def total(self) -> int:
        """All requests."""
        return self.tokens + self.pages + self.tags + self.mailboxes + self.others


def count_asked(requests: tuple[RequestSeen, ...]) -> Asked:
    """Count the requests of a log."""
    batches = Counter(_kind(each) for each in requests if each.items)
    return Asked(
        tokens=sum(each.host == "login" for each in requests),
        pages=sum("/users/delta" in each.path for each in requests),
        tags=batches["tags"],
        mailboxes=batches["mailboxes"],
        others=batches.total() - batches["tags"] - batches["mailboxes"],
    )


def _kind(request: RequestSeen) -> str:
    kinds = {_item_kind(item.url) for item in request.items}
    assert len(kinds) == 1, f"a batch of {kinds}"
    return kinds.pop()


def _item_kind(url: str) -> str:
    if url.endswith("/photo"):
        return "tags"
    if "/contact" in url:
        return "mailboxes"
    return "purposes" if url.endswith("/userPurpose") else "bytes"


def unchanged_night(
    site: Site,
    *,
    token: bool,
    subfolders: bool = True,
    missing: bool = True,
    silent: bool = True,
) -> Asked:
    """Return what a run without news must ask, by the formula.

    `missing` says that mailboxes that are not there are due, `silent` that those are which do not
    say what they are for: every run in the first week, then once in a week.
    """
    people = [each for each in site.extensions() if each.state == "active"]
    owners = {str(each.directory_object_id) for each in people}
    items = purposes = 0
    for user in site.directory.users(select=("mail",), show="properties,mailbox"):
        there = user.mailbox not in ABSENT
        purposes += silent and (not there or user.denied) and "mail" in user.properties
        if (user.id in owners or user.mailbox == "shared") and (missing or there):
            items += mailbox_items(_folders(site, user), subfolders=subfolders)
    return Asked(
        tokens=int(token),
        pages=1,
        tags=batches_for(len(people)),
        mailboxes=batches_for(items),
        others=batches_for(purposes),
    )


def _folders(site: Site, user: UserTruth) -> int:
    """Return how many folders below the default one Microsoft shows of a mailbox."""
    if user.mailbox not in READABLE or user.denied:
        return 0
    return len(site.directory.mailbox(user.id).folders) - 1


def mailbox_items(folders: int, *, subfolders: bool) -> int:
    """Return the items of a mailbox with so many folders below the default one."""
    return 2 + 2 * folders if subfolders else 1


def batches_for(items: int) -> int:
    """Return how many batches carry so many items."""
    return -(-items // BATCH_ITEMS)
