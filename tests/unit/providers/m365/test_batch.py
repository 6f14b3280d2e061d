"""What goes into a batch, what comes out of it, and who gets the next places."""

import base64
import json
from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.providers.m365.batch import (
    MOST_ITEMS,
    MOST_PER_MAILBOX,
    Item,
    ItemAnswer,
    choose_items,
    decode_batch,
    decode_binary,
    encode_batch,
    pair_answers,
)


def waiting(*mailboxes: str) -> list[tuple[int, str]]:
    return list(enumerate(mailboxes))


def test_a_batch_is_numbered_relative_and_carries_each_items_headers() -> None:
    items = [
        Item(path="/users/a/photo", mailbox="a", permission=""),
        Item(path="/users/b/contacts", mailbox="b", permission="", headers=(("Prefer", "x"),)),
    ]

    assert json.loads(encode_batch(items)) == {
        "requests": [
            {"id": "1", "method": "GET", "url": "/users/a/photo", "headers": {}},
            {"id": "2", "method": "GET", "url": "/users/b/contacts", "headers": {"Prefer": "x"}},
        ]
    }


def test_answers_find_their_items_in_any_order_and_what_is_left_out_is_none() -> None:
    body = {
        "responses": [
            {"id": "3", "status": 404, "headers": {"Retry-After": "3"}, "body": {"error": {}}},
            {"id": "1", "status": 200, "headers": None},
        ]
    }

    paired = pair_answers(3, decode_batch(json.dumps(body).encode()))

    assert paired == [
        ItemAnswer(status=200, headers={}, body=b"null"),
        None,
        ItemAnswer(status=404, headers={"retry-after": "3"}, body=b'{"error": {}}'),
    ]


def test_an_answer_to_nothing_that_was_asked_is_nobodys() -> None:
    body = {"responses": [{"id": "21", "status": 200}, {"id": "x", "status": 200}]}

    assert pair_answers(1, decode_batch(json.dumps(body).encode())) == [None]


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{}", b'{"responses":null}', b'{"responses":[{"id":1}]}']
)
def test_what_is_no_answer_to_a_batch_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_batch(body)


def test_bytes_are_decoded_from_base64_text() -> None:
    picture = bytes(range(256))

    assert decode_binary(json.dumps(base64.b64encode(picture).decode()).encode()) == picture


@pytest.mark.parametrize("body", [b"null", b'"#"', b'"abc"', b'{"a":1}', b""])
def test_what_is_no_base64_text_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_binary(body)


def test_the_mailbox_with_the_most_items_left_comes_next_until_it_has_four() -> None:
    assert choose_items(waiting(*"abbbbbcc"), {}) == [1, 2, 3, 4, 6, 0, 7]


def test_of_mailboxes_with_as_many_items_the_first_come_is_served_first() -> None:
    assert choose_items(waiting("b", "a", "c", "a", "b"), {}) == [0, 1, 2, 3, 4]


def test_what_is_on_its_way_to_a_mailbox_takes_its_places() -> None:
    items = waiting(*"aaaaab")

    assert choose_items(items, {"a": 3}) == [0, 5]
    assert choose_items(items, {"a": 4}) == [5]
    assert choose_items(items, {"a": 9}) == [5]


def test_a_batch_of_twenty_is_full() -> None:
    assert choose_items(waiting(*map(str, range(30))), {}) == list(range(MOST_ITEMS))


@given(
    mailboxes=st.lists(st.sampled_from("abcdefghij"), max_size=120),
    busy=st.dictionaries(st.sampled_from("abcdefghij"), st.integers(0, 6)),
)
def test_no_batch_is_too_large_or_weighs_too_much_on_a_mailbox(
    mailboxes: list[str], busy: dict[str, int]
) -> None:
    chosen = choose_items(waiting(*mailboxes), busy)
    load = Counter(mailboxes[key] for key in chosen)

    assert len(chosen) == len(set(chosen))
    assert len(chosen) <= MOST_ITEMS
    assert all(count + busy.get(mailbox, 0) <= MOST_PER_MAILBOX for mailbox, count in load.items())
    room = sum(
        min(count, max(0, MOST_PER_MAILBOX - busy.get(mailbox, 0)))
        for mailbox, count in Counter(mailboxes).items()
    )
    assert len(chosen) == min(MOST_ITEMS, room), "a place was left free"


@given(st.lists(st.integers(1, 30), min_size=1, max_size=40))
def test_as_few_batches_are_needed_as_the_items_and_the_largest_mailbox_allow(
    counts: list[int],
) -> None:
    queue = list(enumerate(str(box) for box, count in enumerate(counts) for _ in range(count)))
    batches = 0
    while queue:
        chosen = set(choose_items(queue, {}))
        queue = [pair for pair in queue if pair[0] not in chosen]
        batches += 1

    filled, deepest = -(-sum(counts) // MOST_ITEMS), -(-max(counts) // MOST_PER_MAILBOX)
    assert batches == max(filled, deepest)
