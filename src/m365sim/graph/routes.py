"""Every resource the simulated Graph has."""

from collections.abc import Callable

from m365sim.answers import Answer
from m365sim.graph import (
    contacts,
    groups,
    mailbox_settings,
    organization,
    outlook_delta,
    photos,
    users,
    users_delta,
)
from m365sim.graph import permissions as may
from m365sim.graph.call import Call
from m365sim.graph.router import Route, Router, Workload

Handler = Callable[[Call], Answer]
SELECT = frozenset({"$select"})
DEEPEST_FOLDER = 6
"""How many childFolders a path may go through."""


def all_routes() -> list[Route]:
    """Return all routes."""
    return [*_directory_routes(), *_mailbox_routes(), *_folder_routes()]


def make_router() -> Router:
    """Return a router over all routes."""
    return Router(all_routes())


def _directory_routes() -> list[Route]:
    listing, counting = users.LIST_OPTIONS, users.COUNT_OPTIONS
    return [
        _directory("/users", users.list_users, may.USERS, listing, cost=2),
        _directory("/users/$count", users.count_users, may.USERS, counting, cost=2),
        _directory(
            "/users/delta", users_delta.users_delta, may.DIRECTORY_READ, users_delta.OPTIONS
        ),
        _directory("/users/*", users.get_user, may.USERS, SELECT),
        _directory(
            "/directory/deletedItems/user", users.list_deleted, may.DIRECTORY_READ, listing, cost=2
        ),
        _directory(
            "/users/*/settings/exchange", mailbox_settings.exchange_settings, may.EXCHANGE_SETTINGS
        ),
        _directory(
            "/users/*/transitiveMemberOf",
            groups.groups_of_user,
            may.MEMBERSHIPS,
            groups.MEMBER_OPTIONS,
        ),
        _directory(
            "/users/*/transitiveMemberOf/group",
            groups.groups_of_user_cast,
            may.MEMBERSHIPS,
            groups.MEMBER_OPTIONS,
        ),
        _directory(
            "/users/*/checkMemberGroups", groups.check_member_groups, may.MEMBERSHIPS, method="POST"
        ),
        _directory(
            "/directoryObjects/*/checkMemberGroups",
            groups.check_member_groups,
            may.MEMBERSHIPS,
            method="POST",
        ),
        _directory("/organization", organization.list_organizations, may.ORGANIZATION, SELECT),
        _directory("/organization/*", organization.get_organization, may.ORGANIZATION, SELECT),
        _directory("/groups", groups.list_groups, may.GROUPS, groups.LIST_OPTIONS),
        _directory("/groups/$count", groups.count_groups, may.GROUPS),
        _directory("/groups/*", groups.get_group, may.GROUPS, SELECT),
        *_member_routes(
            "members", groups.members, groups.user_members, groups.count_members, cost=3
        ),
        *_member_routes(
            "transitiveMembers",
            groups.transitive_members,
            groups.transitive_user_members,
            groups.count_transitive_members,
            cost=5,
        ),
    ]


def _member_routes(
    name: str, every: Handler, users_only: Handler, count: Handler, *, cost: int
) -> list[Route]:
    path = f"/groups/*/{name}"
    options, roles = groups.MEMBER_OPTIONS, may.GROUP_MEMBERS
    return [
        _directory(path, every, roles, options, cost=cost),
        _directory(f"{path}/user", users_only, roles, options, cost=cost),
        _directory(f"{path}/$count", count, roles, cost=cost),
    ]


def _mailbox_routes() -> list[Route]:
    return [
        _outlook("/users/*/photo", photos.photo, may.PHOTOS),
        _outlook("/users/*/photo/$value", photos.photo_value, may.PHOTOS),
        _outlook("/users/*/photos", photos.photos, may.PHOTOS),
        _outlook("/users/*/photos/*", photos.sized_photo, may.PHOTOS),
        _outlook("/users/*/photos/*/$value", photos.sized_photo_value, may.PHOTOS),
        _outlook(
            "/users/*/mailboxSettings",
            mailbox_settings.mailbox_settings,
            may.MAILBOX_SETTINGS,
            SELECT,
        ),
        _outlook(
            "/users/*/mailboxSettings/userPurpose",
            mailbox_settings.user_purpose,
            may.MAILBOX_SETTINGS,
        ),
        _outlook(
            "/users/*/translateExchangeIds",
            mailbox_settings.translate_ids,
            may.TRANSLATE_IDS,
            method="POST",
        ),
        *_contact_routes("/users/*"),
    ]


def _folder_routes() -> list[Route]:
    top = "/users/*/contactFolders"
    routes = [
        _outlook(top, contacts.list_folders, may.CONTACTS, contacts.LIST_OPTIONS),
        _outlook(f"{top}/delta", outlook_delta.folders_delta, may.CONTACTS, outlook_delta.OPTIONS),
    ]
    for depth in range(DEEPEST_FOLDER):
        folder = f"{top}/*" + "/childFolders/*" * depth
        children = f"{folder}/childFolders"
        routes += [
            _outlook(folder, contacts.get_folder, may.CONTACTS, contacts.ONE_OPTIONS),
            _outlook(children, contacts.list_child_folders, may.CONTACTS, contacts.LIST_OPTIONS),
            _outlook(
                f"{children}/delta",
                outlook_delta.folders_delta,
                may.CONTACTS,
                outlook_delta.OPTIONS,
            ),
            *_contact_routes(folder),
        ]
    return routes


def _contact_routes(holder: str) -> list[Route]:
    path = f"{holder}/contacts"
    return [
        _outlook(path, contacts.list_contacts, may.CONTACTS, contacts.LIST_OPTIONS),
        _outlook(f"{path}/$count", contacts.count_contacts, may.CONTACTS, frozenset({"$filter"})),
        _outlook(
            f"{path}/delta", outlook_delta.contacts_delta, may.CONTACTS, outlook_delta.OPTIONS
        ),
        _outlook(f"{path}/*", contacts.get_contact, may.CONTACTS, contacts.ONE_OPTIONS),
        _outlook(f"{path}/*/photo", photos.contact_photo, may.CONTACTS),
        _outlook(f"{path}/*/photo/$value", photos.contact_photo, may.CONTACTS),
    ]


def _directory(
    path: str,
    answer: Handler,
    roles: frozenset[str],
    options: frozenset[str] = frozenset(),
    *,
    method: str = "GET",
    cost: int = 1,
) -> Route:
    return Route(method, path, answer, Workload.DIRECTORY, roles, options, cost)


def _outlook(
    path: str,
    answer: Handler,
    roles: frozenset[str],
    options: frozenset[str] = frozenset(),
    *,
    method: str = "GET",
) -> Route:
    return Route(method, path, answer, Workload.OUTLOOK, roles, options)
