"""What strikes the token and the reading of people, and does not simply pass."""

from dataclasses import replace

from tests.integration.faults.outcomes import Believed, Failed, Lacking, Told
from tests.integration.faults.places import (
    TOKEN,
    USERS_FIRST,
    USERS_MIDDLE,
    USERS_PAGES,
    USERS_SINCE,
    Phase,
)
from tests.integration.faults.row import FOREVER, rows_at

LAST_PAGE = replace(USERS_MIDDLE, name="users, last page", after=3, phases=(Phase.FIRST,))
RECORD = ("record", "fingerprint")
"""Where the memory of the directory keeps what it was told of a person."""

TOKENS = (
    *rows_at(
        "401 for ever",
        "unauthorized",
        USERS_SINCE,
        times=FOREVER,
        outcome=Failed("token-refused", ("request id",)),
    ),
    *rows_at("a busy sign-in service", "aadsts", TOKEN, code=90033, times=3),
    *rows_at("a busy sign-in service that says when", "aadsts", TOKEN, code=90012, retry_after=5),
    *rows_at(
        "a service that sees a loop",
        "aadsts",
        TOKEN,
        code=50196,
        short=False,
        outcome=Failed("sign-in-unavailable", ("AADSTS50196", "trace id")),
    ),
    *rows_at(
        "a token without roles",
        "no_roles",
        TOKEN,
        short=False,
        outcome=Failed("permission-missing", ("User.Read.All", "request id")),
    ),
)

LOST_PLACES = (
    *rows_at("410 with Location", "gone", USERS_MIDDLE, USERS_SINCE, location=True),
    *rows_at("410 without Location", "gone", USERS_MIDDLE, USERS_SINCE, code=""),
    *rows_at("410 with Location elsewhere", "gone", USERS_SINCE, location="https://evil.example/"),
    *rows_at("410 without a cursor", "gone", USERS_FIRST, short=False),
    *rows_at(
        "400 syncStateNotFound",
        "gone",
        USERS_MIDDLE,
        USERS_SINCE,
        status=400,
        code="syncStateNotFound",
    ),
    *rows_at("404 resyncRequired", "gone", USERS_SINCE, status=404, code="resyncRequired"),
    *rows_at("410 RESYNCREQUIRED", "gone", USERS_MIDDLE, code="RESYNCREQUIRED"),
    *rows_at("400 SyncStateInvalid", "gone", USERS_SINCE, status=400, code="SyncStateInvalid"),
    *rows_at(
        "400 Directory_ExpiredPageToken",
        "gone",
        USERS_MIDDLE,
        status=400,
        code="Directory_ExpiredPageToken",
    ),
    *rows_at(
        "410 for ever",
        "gone",
        USERS_MIDDLE,
        times=FOREVER,
        outcome=Failed("cursor-lost"),
        phases=(Phase.NIGHT,),
    ),
)

PAGES = (
    *rows_at("an empty page", "empty_page", *USERS_PAGES, times=2),
    *rows_at("records that come twice", "repeat_records", *USERS_PAGES, count=3, times=FOREVER),
    *rows_at("records in another order", "reorder", *USERS_PAGES, times=FOREVER),
    *rows_at("pages in another order", "shuffle_pages", USERS_FIRST),
    *rows_at("null instead of the records", "null_list", *USERS_PAGES),
    *rows_at(
        "null instead of the records for ever",
        "null_list",
        USERS_SINCE,
        times=FOREVER,
        outcome=Failed("try-later", ("client-request-id",)),
    ),
    *rows_at("a record without an id", "mangle", *USERS_PAGES, target="/value/0/id", remove=True),
    *rows_at(
        "a page without any link",
        "mangle",
        USERS_FIRST,
        target="/@odata.nextLink",
        remove=True,
        outcome=Failed("half-answer"),
    ),
    *rows_at(
        "no people at all",
        "empty_list",
        USERS_FIRST,
        outcome=Failed("empty-directory", ("no people",)),
    ),
    *rows_at(
        "no changes although there are",
        "empty_list",
        USERS_SINCE,
        subject="leaver",
        outcome=Believed(untouched=("telephony_extension", "integrations_refusal")),
        full=True,
        marked=True,
    ),
    *rows_at(
        "a foreign next link",
        "foreign_next_link",
        USERS_MIDDLE,
        outcome=Failed("foreign-link", ("graph.attacker.example",)),
        phases=(Phase.NIGHT,),
    ),
    *rows_at(
        "a foreign next link",
        "foreign_next_link",
        USERS_FIRST,
        USERS_SINCE,
        short=False,
        outcome=Failed("foreign-link", ("graph.attacker.example",)),
    ),
    *rows_at(
        "a foreign delta link",
        "foreign_next_link",
        LAST_PAGE,
        outcome=Failed("foreign-link", ("graph.attacker.example",)),
    ),
)

VALUES = (
    *rows_at(
        "a name of 300 characters",
        "mangle",
        USERS_FIRST,
        USERS_SINCE,
        target="/value/2/surname",
        value="x" * 300,
        outcome=Told(("last_name", *RECORD), wanted='"last_name": "' + "x" * 300),
        full=True,
    ),
    *rows_at(
        "a display name of 300 characters",
        "mangle",
        USERS_SINCE,
        target="/value/0/displayName",
        value="Ä" * 300,
        outcome=Told(("display_name", *RECORD), wanted='"display_name": "' + r"\u00c4" * 300),
        full=True,
        short=False,
    ),
    *rows_at(
        "null where phones belong",
        "null_list",
        USERS_FIRST,
        property="businessPhones",
        outcome=Told(("business_phone", *RECORD), wanted='"business_phone": ""'),
        full=True,
    ),
    *rows_at(
        "a number where a name belongs",
        "mangle",
        USERS_SINCE,
        target="/value/0/displayName",
        value=7,
        subject="first changed",
        outcome=Lacking("unreadable-record"),
    ),
)

REFUSALS = (
    *rows_at(
        "403 for ever",
        "status",
        USERS_FIRST,
        status=403,
        code="Authorization_RequestDenied",
        times=FOREVER,
        outcome=Failed("permission-missing", ("User.Read.All", "request id")),
    ),
    *rows_at(
        "403 Authorization_IdentityNotFound",
        "status",
        USERS_SINCE,
        status=403,
        code="Authorization_IdentityNotFound",
        times=FOREVER,
        short=False,
        outcome=Failed("application-unknown", ("request id",)),
    ),
    *rows_at(
        "501",
        "status",
        USERS_FIRST,
        status=501,
        code="NotImplemented",
        short=False,
        outcome=Failed("unexpected-answer", ("501 NotImplemented", "request id")),
    ),
    *rows_at(
        "503 for ever",
        "status",
        USERS_MIDDLE,
        status=503,
        times=FOREVER,
        outcome=Failed("try-later", ("503", "request id")),
    ),
    *rows_at(
        "429 for an hour",
        "throttle",
        USERS_SINCE,
        retry_after=3600,
        short=False,
        outcome=Failed("try-later", ("3600 seconds",)),
    ),
    *rows_at(
        "connections closed for ever",
        "close",
        USERS_SINCE,
        times=FOREVER,
        short=False,
        outcome=Failed("try-later", ("client-request-id",)),
    ),
)

PEOPLE_ROWS = (*TOKENS, *LOST_PLACES, *PAGES, *VALUES, *REFUSALS)
