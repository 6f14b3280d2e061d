"""Groups, their members, and in which groups somebody is. Contract c.4."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec
from msgspec import Struct, field

from m365sim.answers import Answer, json_answer
from m365sim.graph.call import Call, PageLinks, answer_of, page_body
from m365sim.graph.filters import parse_filter, unsupported_query
from m365sim.graph.options import bad_request, unknown_property
from m365sim.graph.user_json import DEFAULT_PROPERTIES, Style, checked_select, encode, written_user
from m365sim.graph.users import LARGEST_PAGE, not_found, required_slot
from m365sim.state.groups import Group
from m365sim.state.people import Life

LIST_OPTIONS = frozenset(
    {"$select", "$filter", "$search", "$count", "$orderby", "$top", "$skiptoken"}
)
MEMBER_OPTIONS = frozenset({"$select", "$top", "$count", "$skiptoken"})
COUNT_OPTIONS: frozenset[str] = frozenset()
PLAIN_FILTERS = frozenset({"id", "displayName", "mail", "mailNickname", "securityEnabled"})
MOST_GROUPS = 20
T = TypeVar("T")


class CheckRequest(Struct):
    """The body of checkMemberGroups."""

    group_ids: list[str] = field(name="groupIds")


def list_groups(call: Call) -> Answer:
    """Answer a page of groups."""
    groups = [written_group(call, group) for group in call.directory.groups]
    text = call.options.text("$filter")
    if text is not None:
        parsed = parse_filter(text)
        if not parsed.properties <= PLAIN_FILTERS or (parsed.advanced and not call.eventual):
            raise unsupported_query()
        groups = [group for group in groups if parsed.matches(group)]
    search = call.options.text("$search")
    if search is not None:
        if not call.eventual:
            raise unsupported_query()
        word = search.strip('" ').partition(":")[2].lower()
        groups = [group for group in groups if word in str(group["displayName"]).lower()]
    return _page(call, groups, lambda group: encode(_selected(call, group)), context="groups")


def get_group(call: Call) -> Answer:
    """Answer one group."""
    context = {"@odata.context": f"{call.base}/$metadata#groups/$entity"}
    return json_answer(context | _selected(call, written_group(call, required_group(call))))


def count_groups(call: Call) -> Answer:
    """Answer how many groups there are."""
    return _count(call, len(list(call.directory.groups)))


def required_group(call: Call) -> Group:
    """Return the group in the path; 404 when there is none."""
    group = call.directory.groups.get(call.arguments[0])
    if group is None:
        raise not_found(call.arguments[0])
    return group


def members(call: Call) -> Answer:
    """Answer who is directly in a group: users and groups."""
    return _members_page(call, list(required_group(call).members), users_only=False)


def user_members(call: Call) -> Answer:
    """Answer which users are directly in a group."""
    return _members_page(call, list(required_group(call).members), users_only=True)


def transitive_members(call: Call) -> Answer:
    """Answer who is in a group or in a group within it."""
    found = call.directory.groups.transitive_members(required_group(call))
    return _members_page(call, found, users_only=False)


def transitive_user_members(call: Call) -> Answer:
    """Answer which users are in a group or in a group within it."""
    found = call.directory.groups.transitive_members(required_group(call))
    return _members_page(call, found, users_only=True)


def count_members(call: Call) -> Answer:
    """Answer how many are directly in a group."""
    return _count(call, len(_present(call, list(required_group(call).members))))


def count_transitive_members(call: Call) -> Answer:
    """Answer how many are in a group, directly or not."""
    found = call.directory.groups.transitive_members(required_group(call))
    return _count(call, len(_present(call, found)))


def groups_of_user(call: Call) -> Answer:
    """Answer in which groups somebody is, directly or not."""
    return _groups_page(call, lambda group: {"@odata.type": "#microsoft.graph.group"} | group)


def groups_of_user_cast(call: Call) -> Answer:
    """Answer the same as nothing but groups."""
    return _groups_page(call, lambda group: group)


def check_member_groups(call: Call) -> Answer:
    """Answer in which of some groups somebody is."""
    slot = required_slot(call, call.arguments[0])
    try:
        asked = msgspec.json.decode(call.body, type=CheckRequest)
    except msgspec.DecodeError as error:
        raise bad_request("Unable to read JSON request payload.", code="BadRequest") from error
    if not 0 < len(asked.group_ids) <= MOST_GROUPS:
        raise bad_request("The number of group ids must be between 1 and 20.")
    held = {group.object_id for group in _holding(call, slot)}
    found = [one for one in asked.group_ids if one.lower() in held]
    return json_answer(
        {"@odata.context": f"{call.base}/$metadata#Collection(Edm.String)", "value": found}
    )


def written_group(call: Call, group: Group) -> dict[str, object]:
    """Return all of a group's properties that are simulated."""
    mail = f"{group.mail_nickname}@{call.directory.default_domain}"
    return {
        "id": group.object_id,
        "deletedDateTime": None,
        "classification": None,
        "createdDateTime": group.created_at,
        "description": None,
        "displayName": group.name,
        "groupTypes": [],
        "mail": mail,
        "mailEnabled": True,
        "mailNickname": group.mail_nickname,
        "onPremisesSyncEnabled": None,
        "proxyAddresses": [f"SMTP:{mail}"],
        "securityEnabled": True,
        "visibility": None,
    }


def _selected(call: Call, group: dict[str, object]) -> dict[str, object]:
    names = call.options.names("$select")
    for name in names:
        if name not in group:
            raise unknown_property(name, "microsoft.graph.group")
    return {name: group[name] for name in dict.fromkeys(("id", *names))} if names else group


def _holding(call: Call, slot: int) -> list[Group]:
    return call.directory.groups.containing(call.directory.people.object_id(slot))


def _groups_page(call: Call, dressed: Callable[[dict[str, object]], dict[str, object]]) -> Answer:
    slot = required_slot(call, call.arguments[0])

    def write(group: Group) -> bytes:
        return encode(dressed(_selected(call, written_group(call, group))))

    return _page(call, _holding(call, slot), write, context="directoryObjects")


def _present(call: Call, object_ids: list[str], *, users_only: bool = False) -> list[str]:
    people, groups = call.directory.people, call.directory.groups
    found: list[str] = []
    for object_id in object_ids:
        slot = people.by_id(object_id)
        if slot is not None:
            found += [object_id] if people.life(slot) is Life.LIVE else []
        elif not users_only and groups.get(object_id):
            found.append(object_id)
    return found


def _members_page(call: Call, object_ids: list[str], *, users_only: bool) -> Answer:
    names = call.options.names("$select")
    select = checked_select(names) if names else DEFAULT_PROPERTIES

    def write(object_id: str) -> bytes:
        slot, group = call.directory.people.by_id(object_id), call.directory.groups.get(object_id)
        if slot is not None:
            kind = {} if users_only else {"@odata.type": "#microsoft.graph.user"}
            return encode(kind | written_user(call.directory.people, slot, select, Style.LIST))
        written = written_group(call, group) if group else {}
        chosen = {name: written[name] for name in names if name in written} if names else written
        return encode({"@odata.type": "#microsoft.graph.group", "id": object_id} | chosen)

    present = _present(call, object_ids, users_only=users_only)
    return _page(call, present, write, context="users" if users_only else "directoryObjects")


def _count(call: Call, number: int) -> Answer:
    if not call.eventual:
        raise bad_request("$count is not currently supported.")
    return Answer(200, str(number).encode(), "text/plain")


def _page(call: Call, every: Sequence[T], write: Callable[[T], bytes], *, context: str) -> Answer:
    size = call.options.number("$top", least=1, most=LARGEST_PAGE, otherwise=100)
    if call.options.flag("$count") and not call.eventual:
        raise bad_request("$count is not currently supported.")
    token = call.options.text("$skiptoken") or "0"
    if not token.isdigit():
        raise bad_request("Badly formed token.", code="Directory_ExpiredPageToken")
    start = int(token)
    links = PageLinks()
    if start + size < len(every):
        rest = call.options.without("$skiptoken").written(skiptoken=str(start + size))
        links = PageLinks(next_link=f"{call.base}{call.path}?{rest}")
    count = len(every) if call.options.flag("$count") and start == 0 else None
    records = [write(one) for one in every[start : start + size]]
    return answer_of(page_body(f"{call.base}/$metadata#{context}", records, links, count=count))
