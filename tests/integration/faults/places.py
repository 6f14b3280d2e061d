"""Where a fault strikes: the requests of a run, each by a pattern of its path."""

import enum
from dataclasses import dataclass


class Phase(enum.StrEnum):
    """Which run is struck."""

    FIRST = "first run"
    NIGHT = "night"


BOTH = (Phase.FIRST, Phase.NIGHT)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Requests of one kind; `path` is a regular expression, in it `{subject}` an object id."""

    name: str
    path: str
    host: str = "graph"
    in_batch: bool = False
    phases: tuple[Phase, ...] = BOTH
    after: int = 0
    """How many of them pass before the fault strikes."""


TOKEN = Place(name="token", host="login", path=r"/oauth2/v2\.0/token$")
USERS_FIRST = Place(name="users, first page", path=r"/users/delta\?\$select", phases=(Phase.FIRST,))
USERS_MIDDLE = Place(name="users, middle", path=r"/users/delta\?\$skiptoken", after=1)
USERS_SINCE = Place(name="users, delta", path=r"/users/delta\?\$deltatoken", phases=(Phase.NIGHT,))
USERS_PAGES = (USERS_FIRST, USERS_MIDDLE, USERS_SINCE)
BATCH = Place(name="$batch", path=r"/\$batch$", after=1)

FOLDERS = Place(name="folders", path=r"/contactFolders\?", in_batch=True)
CHILDREN = Place(name="sub-folders", path=r"/childFolders\?", in_batch=True)
CONTACTS_START = Place(name="contacts, first", path=r"/contacts/delta\?\$select", in_batch=True)
CONTACTS_SINCE = Place(
    name="contacts, delta",
    path=r"/contacts/delta\?\$deltatoken",
    in_batch=True,
    phases=(Phase.NIGHT,),
)
TAGS = Place(name="photo tags", path=r"/photo$", in_batch=True)
BYTES = Place(name="photo bytes", path=r"/\$value$", in_batch=True)
PURPOSES = Place(name="purposes", path=r"/mailboxSettings/userPurpose$", in_batch=True)

WHOLE = (TOKEN, USERS_FIRST, USERS_MIDDLE, USERS_SINCE, BATCH)
ITEMS = (FOLDERS, CHILDREN, CONTACTS_START, CONTACTS_SINCE, TAGS, BYTES, PURPOSES)
