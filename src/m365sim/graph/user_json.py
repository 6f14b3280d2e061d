"""Users as Graph writes them: lists say null, delta leaves out what was never set. Contract c."""

from collections.abc import Collection
from enum import Enum

import msgspec

from m365sim.answers import GraphError
from m365sim.graph.options import unknown_property
from m365sim.state.origin import Properties
from m365sim.state.people import Life, People

DEFAULT_PROPERTIES = (
    *("businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone"),
    *("officeLocation", "preferredLanguage", "surname", "userPrincipalName"),
)
COLLECTIONS = frozenset(
    {
        *("assignedLicenses", "assignedPlans", "businessPhones", "identities", "imAddresses"),
        *("licenseAssignmentStates", "onPremisesProvisioningErrors", "otherMails"),
        *("provisionedPlans", "proxyAddresses", "serviceProvisioningErrors"),
    }
)
SELECTABLE = frozenset(
    {
        *DEFAULT_PROPERTIES,
        *COLLECTIONS,
        *("id", "accountEnabled", "ageGroup", "city", "companyName", "consentProvidedForMinor"),
        *("country", "createdDateTime", "creationType", "deletedDateTime", "department"),
        *(
            "employeeHireDate",
            "employeeId",
            "employeeLeaveDateTime",
            "employeeOrgData",
            "employeeType",
        ),
        *(
            "externalUserState",
            "externalUserStateChangeDateTime",
            "faxNumber",
            "isManagementRestricted",
        ),
        *("isResourceAccount", "lastPasswordChangeDateTime", "legalAgeGroupClassification"),
        *("mailNickname", "onPremisesDistinguishedName", "onPremisesDomainName"),
        *("onPremisesExtensionAttributes", "onPremisesImmutableId", "onPremisesLastSyncDateTime"),
        *("onPremisesSamAccountName", "onPremisesSecurityIdentifier", "onPremisesSyncEnabled"),
        *("onPremisesUserPrincipalName", "passwordPolicies", "passwordProfile", "postalCode"),
        *("preferredDataLocation", "securityIdentifier", "showInAddressList"),
        *("signInSessionsValidFromDateTime", "state", "streetAddress", "usageLocation", "userType"),
    }
)
STORED_ELSEWHERE = frozenset(
    {
        *("aboutMe", "birthday", "hireDate", "interests", "mySite", "pastProjects"),
        *("preferredName", "responsibilities", "schools", "skills"),
    }
)
encode = msgspec.json.Encoder().encode


class Style(Enum):
    """The two ways a user is written."""

    LIST = "list"
    DELTA = "delta"


def checked_select(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the properties of a $select on a collection, without id; or the defaults."""
    if not names or names == ("*",):
        return DEFAULT_PROPERTIES
    for name in names:
        check_property(name)
    return tuple(dict.fromkeys(name for name in names if name != "id"))


def check_property(name: str) -> None:
    """Refuse a property that a collection of users does not have."""
    if name == "mailboxSettings":
        code = "ExplicitTargetMailboxIdShouldNotBeNullOrWhiteSpace"
        raise GraphError(400, code, "The Id is invalid.")
    if name in STORED_ELSEWHERE:
        raise GraphError(501, "NotImplemented", "This operation target is not yet supported.")
    if name not in SELECTABLE and not name.startswith(("extension_", "ext")):
        raise unknown_property(name, "microsoft.graph.user")


def encoded_user(people: People, slot: int, select: tuple[str, ...], style: Style) -> bytes:
    """Return somebody as JSON; kept until they change."""
    column = people.encoded.get((style, select))
    if column is None:
        column = people.encoded[style, select] = [None] * len(people)
    known = column[slot]
    if known is None:
        known = column[slot] = encode(written_user(people, slot, select, style))
    return known


def written_user(people: People, slot: int, select: Collection[str], style: Style) -> Properties:
    """Return somebody's selected properties and id."""
    properties = people.properties(slot)
    if style is Style.DELTA:
        written = {name: properties[name] for name in select if name in properties}
    else:
        written = {
            name: properties.get(name, [] if name in COLLECTIONS else None) for name in select
        }
        if "deletedDateTime" in select:
            written["deletedDateTime"] = people.deleted_at(slot)
    written["id"] = people.object_id(slot)
    return written


def removed_user(people: People, slot: int) -> bytes:
    """Return the word that somebody is gone."""
    reason = "changed" if people.life(slot) is Life.DELETED else "deleted"
    return encode({"id": people.object_id(slot), "@removed": {"reason": reason}})
