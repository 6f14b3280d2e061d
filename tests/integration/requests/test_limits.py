"""Microsoft's limits on batches: what one holds, and how many are on their way."""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.integration.conftest import MakeSite
from tests.simulator.control import op
from tests.simulator.shown import RequestSeen

LATENCY = 0.1
CONTACTS = {"personal_contacts": True, "company_contacts": True}


@pytest.fixture
def batches(new_site: MakeSite) -> tuple[RequestSeen, ...]:
    """The batches of a first and a second run in a company with folders, limits enforced."""
    site = new_site("people:120:2,folders=3,photos=0.5", **CONTACTS)
    owner = next(user.id for user in site.directory.users() if user.mailbox == "shared")
    site.directory.change(
        *(op("add_folder", user=owner, name=f"Folder {number}") for number in range(12))
    )
    site.simulator.set(outlook_limits=True, outlook_latency_ms=LATENCY * 1000)
    since = site.simulator.last_request()
    site.sync()
    site.sync()
    return tuple(each for each in site.simulator.requests(since=since) if each.items)


def test_no_batch_holds_more_than_microsoft_takes_and_none_is_refused(
    batches: tuple[RequestSeen, ...],
) -> None:
    for batch in batches:
        mailboxes = Counter(item.url.split("/")[2] for item in batch.items)
        assert len(batch.items) <= 20
        assert max(mailboxes.values()) <= 4
        assert not [item for item in batch.items if item.status == 429]
    assert any(len(batch.items) == 20 for batch in batches)


def test_four_batches_are_on_their_way_and_never_more(batches: tuple[RequestSeen, ...]) -> None:
    ends = sorted(batch.at for batch in batches)

    assert min(_spans(ends, 5)) > 0.9 * LATENCY, "five ended within the time that each takes"
    assert min(_spans(ends, 4)) < 0.5 * LATENCY, "four were never under way together"


def test_four_items_of_a_mailbox_are_on_their_way_and_never_more(
    batches: tuple[RequestSeen, ...],
) -> None:
    ends: dict[str, list[float]] = {}
    for batch in sorted(batches, key=lambda each: each.at):
        for item in batch.items:
            ends.setdefault(item.url.split("/")[2], []).append(batch.at)

    spans = [span for each in ends.values() for span in _spans(each, 5)]
    assert min(spans) > 0.9 * LATENCY, "five ended within the time that each takes"
    assert min(span for each in ends.values() for span in _spans(each, 4)) == 0


def _spans(ends: list[float], count: int) -> Iterator[float]:
    """Yield how long it took from the first to the last of `count` neighbouring ends."""
    for first, last in zip(ends, ends[count - 1 :], strict=False):
        yield last - first
