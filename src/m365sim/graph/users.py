"""Users as lists and one by one, counts, and the recycle bin. Contract c.1, c.2, k."""

import re
from bisect import bisect_left

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from m365sim.answers import Answer, GraphError, json_answer
from m365sim.graph.call import Call, PageLinks, answer_of, page_body
from m365sim.graph.filters import Filter, parse_filter, unsupported_query
from m365sim.graph.options import bad_request
from m365sim.graph.permissions import BASIC_PROPERTIES, DIRECTORY_READ
from m365sim.graph.user_json import (
    DEFAULT_PROPERTIES,
    Style,
    check_property,
    checked_select,
    encoded_user,
    written_user,
)
from m365sim.state.people import People

LIST_OPTIONS = frozenset(
    {"$select", "$filter", "$search", "$count", "$orderby", "$top", "$skiptoken", "$expand"}
)
COUNT_OPTIONS = frozenset({"$filter", "$search"})
LARGEST_PAGE = 999
PLAIN_FILTERS = frozenset(
    {
        *("id", "accountEnabled", "userType", "assignedLicenses", "displayName", "mail"),
        *("userPrincipalName", "givenName", "surname", "jobTitle", "department", "city", "country"),
        *("state", "usageLocation", "mailNickname", "employeeId", "proxyAddresses", "otherMails"),
        *("identities", "imAddresses", "createdDateTime", "creationType", "externalUserState"),
    }
)
"""Filters that work without the advanced index; all others need it."""
SORTABLE = frozenset({"displayName", "userPrincipalName"})
SEARCH_CLAUSE = re.compile(r'\s*"(?P<property>\w+):(?P<words>[^"]*)"\s*(?P<joint>AND|OR|$)')


class ListPlace(Struct, frozen=True, array_like=True):
    """The $skiptoken of a list: the next slot, or in an ordered list the number of those before."""

    after: int
    attempt: int = 0


def list_users(call: Call) -> Answer:
    """Answer a page of users."""
    return list_page(call, call.directory.people.live_slots(), "users")


def list_deleted(call: Call) -> Answer:
    """Answer a page of the recycle bin."""
    return list_page(
        call, call.directory.people.deleted_slots(), "users", also=("deletedDateTime",)
    )


def count_users(call: Call) -> Answer:
    """Answer how many users there are."""
    if not call.eventual:
        raise bad_request("$count is not currently supported.")
    found = _chosen(call, call.directory.people.live_slots(), advanced=True)
    return Answer(200, str(len(found)).encode(), "text/plain")


def get_user(call: Call) -> Answer:
    """Answer one user, by object id or principal name."""
    slot = required_slot(call, call.arguments[0])
    names = call.options.names("$select")
    select = _visible(call, ())
    written = written_user(call.directory.people, slot, select, Style.LIST)
    chosen = f"({','.join(names)})" if names else ""
    context = {"@odata.context": f"{call.base}/$metadata#users{chosen}/$entity"}
    return json_answer(context | written)


def required_slot(call: Call, name: str) -> int:
    """Return the slot of an object id or principal name; 404 when nobody is there."""
    slot = call.directory.people.by_name(name)
    if slot is None:
        raise not_found(name)
    return slot


def not_found(name: str) -> GraphError:
    """Say that a directory object does not exist."""
    message = (
        f"Resource '{name}' does not exist or one of its queried "
        "reference-property objects are not present."
    )
    return GraphError(404, "Request_ResourceNotFound", message)


def list_page(call: Call, slots: list[int], context: str, *, also: tuple[str, ...] = ()) -> Answer:
    """Answer a page out of some users, in ascending slots, as the options want it."""
    options = call.options
    select = _visible(call, also)
    if options.text("$expand"):
        raise bad_request("Expand is not supported here.", code="Request_UnsupportedQuery")
    if options.flag("$count") and not call.eventual:
        raise bad_request("$count is not currently supported.")
    chosen = _chosen(call, slots, advanced=call.eventual and options.flag("$count"))
    size = options.number(
        "$top", least=1, most=LARGEST_PAGE, otherwise=call.world.settings.users_page_size
    )
    place = _place(call)
    start = place.after if _ordered(call) else bisect_left(chosen, place.after)
    nothing = call.quirks.empty_page or call.quirks.empty_list
    page = [] if nothing else chosen[start : start + size]
    records = [encoded_user(call.directory.people, slot, select, Style.LIST) for slot in page]
    links = PageLinks()
    if call.quirks.empty_page:
        links = PageLinks(next_link=_next_link(call, replace(place, attempt=place.attempt + 1)))
    elif start + len(page) < len(chosen) and not nothing:
        after = start + len(page) if _ordered(call) else page[-1] + 1
        links = PageLinks(next_link=_next_link(call, ListPlace(after)))
    shown = (
        f"{context}({','.join(options.names('$select'))})" if options.names("$select") else context
    )
    count = len(chosen) if options.flag("$count") and place.after == 0 else None
    return answer_of(page_body(f"{call.base}/$metadata#{shown}", records, links, count=count))


def _ordered(call: Call) -> bool:
    return "$orderby" in call.options.values


def _visible(call: Call, also: tuple[str, ...]) -> tuple[str, ...]:
    """Return what to write of each user: what was selected, or the defaults the caller may see."""
    names = call.options.names("$select")
    select = checked_select(names) if names else DEFAULT_PROPERTIES + also
    if call.access.roles & DIRECTORY_READ:
        return select
    if names and not BASIC_PROPERTIES.issuperset(select):
        raise denied()
    return tuple(name for name in select if name in BASIC_PROPERTIES)


def denied() -> GraphError:
    """Refuse for lack of a directory permission."""
    return GraphError(
        403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."
    )


def _chosen(call: Call, slots: list[int], *, advanced: bool) -> list[int]:
    people = call.directory.people
    text = call.options.text("$filter")
    if text is not None:
        parsed = parse_filter(text)
        _check_filter(parsed, advanced=advanced)
        slots = [slot for slot in slots if _passes(people, slot, parsed)]
    search = call.options.text("$search")
    if search is not None:
        slots = _searched(call, people, slots, search)
    return _sorted(call, people, slots, advanced=advanced)


def _passes(people: People, slot: int, parsed: Filter) -> bool:
    return parsed.matches({**people.properties(slot), "id": people.object_id(slot)})


def _check_filter(parsed: Filter, *, advanced: bool) -> None:
    for name in parsed.properties:
        check_property(name)
    if not advanced and (parsed.advanced or not parsed.properties <= PLAIN_FILTERS):
        raise unsupported_query()


def _searched(call: Call, people: People, slots: list[int], search: str) -> list[int]:
    if not call.eventual:
        raise unsupported_query(
            "Request with $search query parameter only works through MSGraph with a special "
            "request header: 'ConsistencyLevel: eventual'"
        )
    clauses = list(SEARCH_CLAUSE.finditer(search))
    if not clauses or "".join(clause.group() for clause in clauses).strip() != search.strip():
        raise bad_request(
            "Syntax error: character is not valid in $search.", code="Request_BadRequest"
        )
    every = all(clause["joint"] != "OR" for clause in clauses)
    found = [people.column(each["property"]).beginning(each["words"]) for each in clauses]
    chosen = set.intersection(*found) if every else set.union(*found)
    return [slot for slot in slots if slot in chosen]


def _sorted(call: Call, people: People, slots: list[int], *, advanced: bool) -> list[int]:
    order = call.options.text("$orderby")
    if order is None:
        return slots
    name, _, direction = order.strip().partition(" ")
    combined = "$filter" in call.options.values or "$search" in call.options.values
    if name not in SORTABLE or (combined and not advanced and not call.eventual):
        raise unsupported_query()
    texts = people.column(name).texts
    return sorted(slots, key=texts.__getitem__, reverse=direction.strip().lower() == "desc")


def _place(call: Call) -> ListPlace:
    text = call.options.text("$skiptoken")
    if not text:
        return ListPlace(0)
    try:
        return msgspec.msgpack.decode(bytes.fromhex(text), type=ListPlace)
    except (ValueError, msgspec.DecodeError) as error:
        raise bad_request("Badly formed token.", code="Directory_ExpiredPageToken") from error


def _next_link(call: Call, place: ListPlace) -> str:
    rest = call.options.without("$skiptoken").written(skiptoken=msgspec.msgpack.encode(place).hex())
    return f"{call.base}{call.path}?{rest}"
