"""The fault matrix as data: what strikes, where, and what the run must come to.

The expected outcome of each row was written down before the row was first run.
"""

from tests.integration.faults.batch_rows import BATCH_ROWS
from tests.integration.faults.mailbox_rows import MAILBOX_ROWS
from tests.integration.faults.passing_rows import passing_rows
from tests.integration.faults.people_rows import PEOPLE_ROWS

ROWS = (*passing_rows(), *PEOPLE_ROWS, *MAILBOX_ROWS, *BATCH_ROWS)

PROMISED = {
    "429, three forms": (
        "429 with seconds at ",
        "429 with a fraction of seconds at ",
        "429 with a date at ",
        "429 without Retry-After at ",
    ),
    "503": ("503 at ",),
    "504 with HTML": ("504 with HTML at ",),
    "closed connection": ("connection closed at ", "connection closed in the middle at "),
    "truncated JSON": ("truncated JSON at ",),
    "empty page with nextLink": ("an empty page at users", "an empty page at contacts"),
    "200 with an empty list": (
        "no people at all at ",
        "no changes although there are at ",
        "a lost place and then a mailbox that reads empty",
    ),
    "401 in the middle": ("401 at users, middle", "401 at photo", "401 at contacts"),
    "403 on one mailbox": ("403 ErrorAccessDenied at one mailbox",),
    "404 mailbox codes": ("404 MailboxNotEnabledForRESTAPI at one", "404 ResourceNotFound at one"),
    "410 at each place": (
        "410 with Location at users, middle",
        "410 with Location at users, delta",
        "410 SyncStateNotFound at contacts, delta",
        "410 on the first request at contacts, first",
        "410 in the middle of a folder",
    ),
    "wrong content type": ("wrong content type at ",),
    "a nextLink to a foreign host": (
        "a foreign next link at users",
        "a foreign delta link at users",
        "a foreign link at one mailbox",
    ),
    "a 300-character name": (
        "a name of 300 characters at users",
        "a name of 300 characters at contacts",
    ),
    "a null where a list belongs": (
        "null instead of the records at users",
        "null instead of the records at contacts",
        "null instead of the answers at $batch",
        "null where phones belong at users",
        "null where mail addresses belong at contacts",
    ),
}
"""What the matrix was promised to hold: how the names of its rows begin."""
