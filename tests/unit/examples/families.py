"""The families of URLs in the examples: which of our readings decodes one, or why none does."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.unit.examples import readings
from tests.unit.examples.documented import Example

MAILBOX = r"/(me|users/[^/]+)"
FOLDER = MAILBOX + r"/contactfolders(/[^/]+(/childfolders)?)?"

Reading = Callable[[Example], list[str]]
"""Decodes an answer with the adapter and with plain json; returns where the two differ."""


@dataclass(frozen=True)
class Family:
    """Examples whose path matches all of `path`, or (those without a URL) of a page `topic`."""

    name: str
    path: str
    reading: Reading | None = None
    topic: str = r"(?!)"
    why_not: str = ""

    def holds(self, example: Example) -> bool:
        """Tell whether an example is of this family."""
        if example.header.url is None:
            return re.match(self.topic, example.topic) is not None
        return re.fullmatch(self.path, example.path) is not None


def _out(name: str, path: str, why_not: str, topic: str = r"(?!)") -> Family:
    return Family(name, path, topic=topic, why_not=why_not)


FAMILIES = (
    Family(
        "users",
        r"/users(/delta|/\$count|/[^/$]+(/manager)?)?|/me",
        readings.read_users,
        topic=r"delta-query-users|aad-advanced-queries|query-parameters|resource-user",
    ),
    Family(
        "contacts",
        FOLDER + r"/contacts(/[^/]+)?|" + MAILBOX + r"/contacts(/[^/]+)?",
        readings.read_contacts,
        topic=r"resource-(contact|physicaladdress|emailaddress)\Z",
    ),
    Family("folders", FOLDER + r"(/delta)?", readings.read_folders, r"resource-contactfolder\Z"),
    Family(
        "photo",
        r"/(me|(users|groups)/[^/]+)/photos?(/[^/]+)?(/\$value)?",
        readings.read_photo,
        topic=r"profilephoto-get|resource-profilephoto",
    ),
    Family("batch", r"/\$batch", readings.read_batch),
    Family(
        "token",
        r"/[^/]+/oauth2/v2\.0/token",
        readings.read_token,
        topic=r"assertion-decoded",
    ),
    Family("purpose", r"/users/[^/]+/mailboxsettings/userpurpose", readings.read_purpose),
    Family("organisation", r"/organization(/[^/]+)?", readings.read_organisation, "resource-organ"),
    Family("discovery", r"/[^/]+/v2\.0/\.well-known/openid-configuration", readings.read_discovery),
    Family("calendar changes", MAILBOX + r"/calendarview/delta", readings.read_contacts),
    Family("errors", r"(?!)", readings.read_error, r"errors-|throttling-|auth-limit-mailbox-"),
    _out(
        "mailbox settings",
        MAILBOX + r"/mailboxsettings(/automaticrepliessetting|/workinghours)?",
        "only what a mailbox is for is asked, a family of its own",
        topic=r"resource-mailboxsettings",
    ),
    _out(
        "subscriptions",
        r"/subscriptions(/[^/]+){0,2}",
        "changes are asked for each night, nobody is told of them",
        topic=r"resource-subscription",
    ),
    _out(
        "notifications",
        r"\{notificationurl\}",
        "changes are asked for each night, nobody is told of them",
        topic=r"webhooks-|outlook-change-notifications-|resource-changenotification",
    ),
    _out(
        "groups",
        r"/groups(?!/[^/]+/photos)(/[^/]+){0,4}|/users/[^/]+/transitivememberof(/.+)?",
        "groups are not read",
        topic=r"delta-query-groups|resource-group",
    ),
    _out(
        "applications",
        r"/(applications|serviceprincipals)/[^/]+(/addkey|/removekey)?",
        "an administrator uploads the certificate",
        topic=r"resource-keycredential",
    ),
    _out(
        "deleted items",
        r"/directory/deleteditems/.+",
        "/users/delta names who was deleted",
        topic=r"directory-deleteditems",
    ),
    _out("directory contacts", r"/contacts(/[^/]+)?", "people outside, without a mailbox of ours"),
    _out("directory objects", r"/directoryobjects/getbyids", "people are asked for one by one"),
    _out("domains", r"/domains", "the organisation names its domains"),
    _out("licences", MAILBOX + r"/licensedetails|/subscribedskus", "not read"),
    _out("ids of items", MAILBOX + r"/translateexchangeids", "ids are immutable from the start"),
    _out("exchange settings", MAILBOX + r"/settings/exchange", "not read"),
    _out("messages", MAILBOX + r"/mailfolders/[^/]+/messages/delta", "mail is never read"),
    _out("instances", r"/common/discovery/instance", "clouds are rows of our own table"),
    _out("redirects of a browser", r"(/myapp/permissions)?", "signing in is a later part"),
)

IN_SCOPE = tuple(family for family in FAMILIES if family.reading is not None)
NEVER_OUT = {"users", "contacts", "folders", "photo", "batch", "token"}


def families_of(example: Example) -> list[Family]:
    """Return the families that an example is of: it should be one."""
    return [family for family in FAMILIES if family.holds(example)]
