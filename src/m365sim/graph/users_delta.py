"""users/delta: everybody once, then who changed since. Contract c.3.

A first round goes through the slots and shows everybody as they are when their page is read; the
next round starts from the position at which the first one began, so nothing is lost that happens
in between. Later rounds cover a fixed stretch of the feed.
"""

import re
from itertools import islice
from math import gcd

from msgspec.structs import replace

from m365sim.answers import Answer
from m365sim.graph.call import Call, PageLinks, answer_of, page_body
from m365sim.graph.filters import parse_filter
from m365sim.graph.options import bad_request
from m365sim.graph.rounds import Token, lives, lost, read_token, write_token
from m365sim.graph.user_json import (
    DEFAULT_PROPERTIES,
    Style,
    checked_select,
    encode,
    encoded_user,
    removed_user,
    written_user,
)
from m365sim.seeds import number
from m365sim.state.people import Life

OPTIONS = frozenset({"$select", "$filter", "$skiptoken", "$deltatoken"})
LARGEST_PAGE = 999
LARGEST_FILTER = 50
HOUR = 3600
ID_FILTER = re.compile(r"^\s*id\s+eq\s+'[^']*'(\s+or\s+id\s+eq\s+'[^']*')*\s*$", re.IGNORECASE)


def users_delta(call: Call) -> Answer:
    """Answer one page of a round."""
    token = _token(call)
    if call.options.text("$deltatoken") == "latest":
        return _page(call, [], replace(token, done=True))
    if token.done:
        token = _next_round(call, token)
    if call.quirks.empty_list:
        return _page(call, [], replace(token, done=True))
    if call.quirks.empty_page:
        return _page(call, [], replace(token, attempt=token.attempt + 1))
    records, token = _records(call, token)
    return _page(call, records, token)


def _token(call: Call) -> Token:
    text = call.options.text("$skiptoken") or call.options.text("$deltatoken")
    if text in (None, "", "latest"):
        return _first_round(call)
    token = read_token(text)
    if (
        token is None
        or token.feed != _feed(call)
        or token.done != ("$deltatoken" in call.options.values)
    ):
        raise bad_request("Badly formed token.")
    asked = call.options.names("$select")
    if asked and checked_select(asked) != token.select:
        raise bad_request("The $select of a round cannot be changed; start a new one.")
    hours = call.world.settings.users_delta_days * 24
    too_old = token.hour + hours < call.now // HOUR
    if too_old or not lives(token, call.directory.people.feed, call.directory.users_tokens):
        raise lost(call.directory.users_expiry, f"{call.base}/users/delta?$deltatoken=")
    return token


def _feed(call: Call) -> str:
    return f"users:{call.directory.directory_id}"


def _first_round(call: Call) -> Token:
    feed = call.directory.people.feed
    return Token(
        feed=_feed(call),
        done=False,
        since=-1,
        upto=feed.position,
        mark=feed.mark(feed.position),
        age=call.directory.users_tokens.next,
        hour=int(call.now // HOUR),
        select=checked_select(call.options.names("$select")),
        only=_chosen_ids(call),
        shuffle=call.quirks.shuffle or 0,
        total=len(call.directory.people),
    )


def _next_round(call: Call, token: Token) -> Token:
    feed = call.directory.people.feed
    return replace(
        token,
        done=False,
        since=token.upto,
        upto=feed.position,
        mark=feed.mark(feed.position),
        hour=int(call.now // HOUR),
        place=0,
        attempt=0,
    )


def _chosen_ids(call: Call) -> tuple[str, ...]:
    text = call.options.text("$filter")
    if text is None:
        return ()
    parse_filter(text)
    ids = tuple(re.findall(r"'([^']*)'", text))
    if not ID_FILTER.match(text) or len(ids) > LARGEST_FILTER:
        raise bad_request(
            "Only 'id eq' joined by 'or', for at most 50 ids, is supported in a delta query."
        )
    return ids


def _records(call: Call, token: Token) -> tuple[list[bytes], Token]:
    size = _page_size(call)
    return _everybody(call, token, size) if token.first_round else _changed(call, token, size)


def _page_size(call: Call) -> int:
    settings = call.world.settings
    if call.prefer.page_size is not None and settings.users_page_size_follows_prefer:
        return min(call.prefer.page_size, LARGEST_PAGE)
    return settings.users_page_size


def _everybody(call: Call, token: Token, size: int) -> tuple[list[bytes], Token]:
    people = call.directory.people
    show_removed = call.world.settings.removed_in_first_round
    chosen = [slot for one in token.only if (slot := people.by_id(one)) is not None]
    end = len(chosen) if token.only else len(people)
    records: list[bytes] = []
    place = token.place
    while place < end and len(records) < size:
        slot = chosen[place] if token.only else _shuffled(place, token)
        place += 1
        if people.life(slot) is Life.LIVE:
            records.append(encoded_user(people, slot, token.select, Style.DELTA))
        elif show_removed:
            records.append(removed_user(people, slot))
    return records, replace(token, place=place, done=place >= end)


def _shuffled(place: int, token: Token) -> int:
    """Return the slot at a place; a shuffled round goes in strides that meet everybody once."""
    if not token.shuffle or place >= token.total:
        return place
    stride = number("stride", token.shuffle) % token.total or 1
    while gcd(stride, token.total) != 1:
        stride += 1
    return (place * stride + token.shuffle) % token.total


def _changed(call: Call, token: Token, size: int) -> tuple[list[bytes], Token]:
    people = call.directory.people
    changed = people.feed.between(token.since, token.upto, people.feed.mask_of(token.select))
    if token.only:
        wanted = {people.by_id(one) for one in token.only}
        changed = {slot: mask for slot, mask in changed.items() if slot in wanted}
    records: list[bytes] = []
    for slot, mask in islice(changed.items(), token.place, token.place + size):
        if people.life(slot) is not Life.LIVE:
            records.append(removed_user(people, slot))
        elif call.prefer.minimal and not mask & people.feed.EXISTENCE:
            touched = people.feed.names_in(mask)
            select = [name for name in token.select if name in touched]
            records.append(encode(written_user(people, slot, select, Style.DELTA)))
        else:
            records.append(encoded_user(people, slot, token.select, Style.DELTA))
    place = token.place + len(records)
    return records, replace(token, place=place, done=place >= len(changed))


def _page(call: Call, records: list[bytes], token: Token) -> Answer:
    ages = call.directory.users_tokens
    selected = "" if token.select == DEFAULT_PROPERTIES else f"({','.join(token.select)})"
    context = f"{call.base}/$metadata#users{selected}"
    if token.done:
        settled = replace(token, age=ages.delta, place=0, attempt=0, shuffle=0, since=0, total=0)
        links = PageLinks(delta_link=f"{call.base}/users/delta?$deltatoken={write_token(settled)}")
    else:
        text = write_token(replace(token, age=ages.next))
        links = PageLinks(next_link=f"{call.base}/users/delta?$skiptoken={text}")
    return answer_of(page_body(context, records, links))
