"""The rows of the fault matrix: what strikes, where, and what the run must come to.

The expected outcome of each row was written down before the row was first run.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from tests.integration.faults.outcomes import (
    CONTACTS,
    EVERYTHING,
    PEOPLE,
    PHOTOS,
    Believed,
    Equal,
    Failed,
    Held,
    Lacking,
    Outcome,
)
from tests.integration.faults.places import (
    BATCH,
    BOTH,
    BYTES,
    CHILDREN,
    CONTACTS_SINCE,
    CONTACTS_START,
    FOLDERS,
    ITEMS,
    PURPOSES,
    TAGS,
    TOKEN,
    USERS_FIRST,
    USERS_MIDDLE,
    USERS_SINCE,
    WHOLE,
    Phase,
    Place,
)

EQUAL = Equal()


@dataclass(frozen=True, kw_only=True)
class Strike:
    """A fault of the simulator at a place; times=None is for as long as the row goes on."""

    kind: str
    place: Place
    times: int | None = 1
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row. `subject` is who is meant by `{subject}` in paths, see `matrix.find_subject`."""

    name: str
    strikes: tuple[Strike, ...]
    outcome: Outcome = EQUAL
    phases: tuple[Phase, ...] = BOTH
    subject: str = ""
    full: bool = False
    """The run after the fault has to read everything: Microsoft does not repeat the truth."""
    marked: bool = False
    """What is of the subject stays different: the fault lasted longer than the subject did."""
    short: bool = True
    """Whether the row is in every run of the tests, not only in the long ones."""


def _fault(kind: str, **options: object) -> tuple[str, Mapping[str, object]]:
    return kind, options


THROTTLES = {
    "429 with seconds": _fault("throttle", retry_after=7),
    "429 with a fraction of seconds": _fault("throttle", retry_after=2.128),
    "429 with a date": _fault("throttle", retry_after="http-date", seconds=9),
    "429 without Retry-After": _fault("throttle", retry_after=None),
}
BROKEN_SERVERS = {
    "500": _fault("status", status=500, code="generalException"),
    "503": _fault("status", status=503, code="serviceNotAvailable"),
    "504 with HTML": _fault("html"),
    "HTML with 200": _fault("html", status=200),
    "JSON that is no object": _fault("status", status=200, body="[]"),
    "nothing but null": _fault("status", status=200, body="null"),
}
PASSING_WHOLE = {
    **THROTTLES,
    **BROKEN_SERVERS,
    "502 with HTML": _fault("html", status=502),
    "503 with Retry-After, then closed": _fault(
        "status", status=503, code="UnknownError", headers={"Retry-After": "3"}, close=True
    ),
    "connection closed": _fault("close"),
    "connection closed in the middle": _fault("close", where="middle"),
    "truncated JSON": _fault("truncate"),
}
PASSING_GRAPH = {
    "424": _fault("status", status=424, code="FailedDependency"),
    "wrong content type": _fault("wrong_content_type", content_type="text/html"),
}
PASSING_ITEMS = {
    **THROTTLES,
    **BROKEN_SERVERS,
    "423": _fault("status", status=423, code="MailboxStoreUnavailable"),
    "424": _fault("status", status=424, code="FailedDependency"),
    "503 ErrorServerBusy": _fault("status", status=503, code="ErrorServerBusy"),
}
"""What passes by itself: the run waits, asks again, and nobody sees it."""

EVERY = 4
"""Of what passes by itself, every fourth pair of fault and place is in every run of the tests."""


def passing_rows() -> Iterator[Row]:
    """Yield a row for every fault that passes at every place where it can happen."""
    grid = [
        *((name, fault, place) for name, fault in PASSING_WHOLE.items() for place in WHOLE),
        *((name, fault, place) for name, fault in PASSING_GRAPH.items() for place in WHOLE[1:]),
        *((name, fault, place) for name, fault in PASSING_ITEMS.items() for place in ITEMS),
    ]
    for position, (name, (kind, options), place) in enumerate(grid):
        yield Row(
            name=f"{name} at {place.name}",
            strikes=(Strike(kind=kind, place=place, times=2, options=options),),
            phases=place.phases,
            short=position % EVERY == 0,
        )


def _row(
    name: str,
    kind: str,
    *places: Place,
    outcome: Outcome = EQUAL,
    times: int | None = 1,
    subject: str = "",
    phases: tuple[Phase, ...] | None = None,
    full: bool = False,
    marked: bool = False,
    short: bool = True,
    **options: object,
) -> list[Row]:
    """Return a row for each of `places`."""
    return [
        Row(
            name=f"{name} at {place.name}",
            strikes=(Strike(kind=kind, place=place, times=times, options=options),),
            outcome=outcome,
            phases=phases or place.phases,
            subject=subject,
            full=full,
            marked=marked,
            short=short,
        )
        for place in places
    ]


def _of(place: Place, path: str, name: str = "") -> Place:
    """Return the part of a place that is about the row's subject."""
    return replace(place, path=path, after=0, name=name or f"{place.name} of one")


FOREVER = None
ONE_TAG = _of(TAGS, r"/users/{subject}/photo$")
ONE_BYTES = _of(BYTES, r"/users/{subject}/photo.*/\$value$")
ONE_MAILBOX = _of(CONTACTS_START, r"/users/{subject}/contact", "one mailbox")
ONE_FOLDERS = _of(FOLDERS, r"/users/{subject}/contactFolders\?")
ONE_CHILDREN = _of(CHILDREN, r"/users/{subject}/contactFolders/[^/]+/childFolders\?")
ONE_SUBFOLDER = _of(
    CONTACTS_SINCE, r"/users/{subject}/contactFolders/AQ[^/]+/contacts", "a sub-folder of one"
)
ONE_PURPOSE = _of(PURPOSES, r"/users/{subject}/mailboxSettings")
LAST_PAGE = replace(USERS_MIDDLE, name="users, last page", after=3, phases=(Phase.FIRST,))
USERS_PAGES = (USERS_FIRST, USERS_MIDDLE, USERS_SINCE)

TOKENS = (
    *_row("401", "unauthorized", *WHOLE[1:]),
    *_row("401", "unauthorized", *ITEMS),
    *_row(
        "401 for ever",
        "unauthorized",
        USERS_SINCE,
        times=FOREVER,
        outcome=Failed("token-refused", ("request id",)),
    ),
    *_row("a busy sign-in service", "aadsts", TOKEN, code=90033, times=3),
    *_row("a busy sign-in service that says when", "aadsts", TOKEN, code=90012, retry_after=5),
    *_row(
        "a service that sees a loop",
        "aadsts",
        TOKEN,
        code=50196,
        outcome=Failed("sign-in-unavailable", ("AADSTS50196", "trace id")),
    ),
    *_row(
        "a token without roles",
        "no_roles",
        TOKEN,
        outcome=Failed("permission-missing", ("User.Read.All", "request id")),
    ),
)

LOST_PLACES = (
    *_row("410 with Location", "gone", USERS_MIDDLE, USERS_SINCE, location=True),
    *_row("410 without Location", "gone", USERS_MIDDLE, USERS_SINCE, code=""),
    *_row("410 with Location elsewhere", "gone", USERS_SINCE, location="https://evil.example/"),
    *_row("400 syncStateNotFound", "gone", *USERS_PAGES[1:], status=400, code="syncStateNotFound"),
    *_row("404 resyncRequired", "gone", USERS_SINCE, status=404, code="resyncRequired"),
    *_row("410 RESYNCREQUIRED", "gone", USERS_MIDDLE, code="RESYNCREQUIRED"),
    *_row("400 SyncStateInvalid", "gone", USERS_SINCE, status=400, code="SyncStateInvalid"),
    *_row(
        "400 Directory_ExpiredPageToken",
        "gone",
        USERS_MIDDLE,
        status=400,
        code="Directory_ExpiredPageToken",
    ),
    *_row(
        "410 for ever",
        "gone",
        USERS_MIDDLE,
        times=FOREVER,
        outcome=Failed("cursor-lost"),
        phases=(Phase.NIGHT,),
    ),
    *_row("410 SyncStateNotFound", "gone", CONTACTS_SINCE, times=4),
    *_row("410 syncstatenotfound", "gone", CONTACTS_SINCE, code="syncstatenotfound"),
    *_row("400 SyncStateInvalid", "gone", CONTACTS_SINCE, status=400, code="SyncStateInvalid"),
    *_row("410 on the first request", "gone", CONTACTS_START, times=2),
)

PAGES = (
    *_row("an empty page", "empty_page", *USERS_PAGES, CONTACTS_START, CONTACTS_SINCE, times=2),
    *_row("records that come twice", "repeat_records", *USERS_PAGES, count=3, times=FOREVER),
    *_row("records that come twice", "repeat_records", CONTACTS_START, count=2),
    *_row("records in another order", "reorder", *USERS_PAGES, CONTACTS_START, times=FOREVER),
    *_row("pages in another order", "shuffle_pages", USERS_FIRST),
    *_row("unknown properties", "unknown_properties", *USERS_PAGES, *ITEMS, times=FOREVER),
    *_row("null instead of the records", "null_list", *USERS_PAGES, FOLDERS, CONTACTS_START),
    *_row(
        "null instead of the records for ever",
        "null_list",
        USERS_SINCE,
        times=FOREVER,
        outcome=Failed("try-later", ("client-request-id",)),
    ),
    *_row("a record without an id", "mangle", *USERS_PAGES, target="/value/0/id", remove=True),
    *_row("a contact without an id", "mangle", CONTACTS_START, target="/value/0/id", remove=True),
    *_row(
        "a page without any link",
        "mangle",
        USERS_FIRST,
        target="/@odata.nextLink",
        remove=True,
        outcome=Failed("half-answer"),
    ),
    *_row(
        "no people at all",
        "empty_list",
        USERS_FIRST,
        outcome=Failed("empty-directory", ("no people",)),
    ),
    *_row(
        "no changes although there are",
        "empty_list",
        USERS_SINCE,
        subject="leaver",
        outcome=Believed(untouched=("telephony_extension", "integrations_refusal")),
        full=True,
        marked=True,
    ),
    *_row(
        "a foreign next link",
        "foreign_next_link",
        USERS_MIDDLE,
        outcome=Failed("foreign-link", ("graph.attacker.example",)),
        phases=(Phase.NIGHT,),
    ),
    *_row(
        "a foreign next link",
        "foreign_next_link",
        USERS_FIRST,
        USERS_SINCE,
        short=False,
        outcome=Failed("foreign-link", ("graph.attacker.example",)),
    ),
    *_row(
        "a foreign delta link",
        "foreign_next_link",
        LAST_PAGE,
        outcome=Failed("foreign-link", ("graph.attacker.example",)),
    ),
    *_row(
        "a slow-down signal",
        "headers",
        *WHOLE[1:],
        headers={"x-ms-throttle-limit-percentage": "1.7"},
    ),
)

VALUES = (
    *_row(
        "a name of 300 characters",
        "mangle",
        USERS_FIRST,
        USERS_SINCE,
        target="/value/*/surname",
        value="x" * 300,
        outcome=Believed(),
        full=True,
    ),
    *_row(
        "null where phones belong",
        "null_list",
        USERS_FIRST,
        property="businessPhones",
        outcome=Believed(),
        full=True,
    ),
    *_row(
        "null where mail addresses belong",
        "null_list",
        CONTACTS_START,
        property="emailAddresses",
        times=FOREVER,
        outcome=Believed(untouched=()),
        full=True,
    ),
    *_row(
        "a number where a name belongs",
        "mangle",
        USERS_SINCE,
        target="/value/0/displayName",
        value=7,
        subject="first changed",
        outcome=Lacking("unreadable-record"),
    ),
    *_row(
        "a list where a phone belongs",
        "mangle",
        CONTACTS_START,
        target="/value/0/mobilePhone",
        value=[],
        outcome=Believed(untouched=()),
    ),
)

SHORT_CODES = ("ErrorAccessDenied", "MailboxNotEnabledForRESTAPI", "ResourceNotFound")

MAILBOXES = (
    *(
        row
        for status, code, problem in (
            (403, "ErrorAccessDenied", "not-permitted"),
            (403, "AccessDenied", "not-permitted"),
            (404, "MailboxNotEnabledForRESTAPI", "no-mailbox"),
            (404, "MailboxNotHostedInExchangeOnline", "no-mailbox"),
            (404, "ErrorNonExistentMailbox", "no-mailbox"),
            (404, "ErrorInvalidUser", "no-mailbox"),
            (404, "ResourceNotFound", "no-mailbox"),
            (404, "Request_ResourceNotFound", "no-mailbox"),
            (500, "ErrorInternalServerError", "mailbox-not-read"),
        )
        for row in _row(
            f"{status} {code}",
            "status",
            ONE_MAILBOX,
            status=status,
            code=code,
            subject="person",
            times=FOREVER,
            outcome=Lacking(problem),
            short=code in SHORT_CODES,
        )
    ),
    *_row(
        "429 for ever",
        "throttle",
        ONE_MAILBOX,
        retry_after=1,
        times=FOREVER,
        subject="shared",
        outcome=Lacking("mailbox-not-read"),
    ),
    *_row(
        "a foreign link",
        "foreign_next_link",
        ONE_MAILBOX,
        times=FOREVER,
        subject="person",
        outcome=Lacking("foreign-link"),
    ),
    *_row(
        "410",
        "gone",
        ONE_FOLDERS,
        times=FOREVER,
        subject="person",
        outcome=Lacking("mailbox-not-read"),
        short=False,
    ),
    *_row(
        "404 ErrorItemNotFound",
        "status",
        ONE_SUBFOLDER,
        status=404,
        code="ErrorItemNotFound",
        times=FOREVER,
        subject="person",
        outcome=Lacking("mailbox-not-read"),
        phases=(Phase.NIGHT,),
        short=False,
    ),
    *_row(
        "404 ErrorItemNotFound",
        "status",
        ONE_CHILDREN,
        status=404,
        code="ErrorItemNotFound",
        subject="person",
        outcome=Lacking("mailbox-not-read"),
    ),
    *(
        row
        for status, code in (
            (400, "BadRequest"),
            (404, "ResourceNotFound"),
            (501, "NotImplemented"),
        )
        for row in _row(
            f"{status} for delta", "status", CONTACTS_START, status=status, code=code, times=FOREVER
        )
    ),
    Row(
        name="a lost place and then 501 for delta",
        strikes=(
            Strike(kind="gone", place=CONTACTS_SINCE, times=FOREVER),
            Strike(
                kind="status",
                place=CONTACTS_START,
                times=FOREVER,
                options={"status": 501, "code": ""},
            ),
        ),
        phases=(Phase.NIGHT,),
    ),
    Row(
        name="410 in the middle of a folder",
        strikes=(
            Strike(kind="empty_page", place=CONTACTS_START, times=4),
            Strike(
                kind="gone",
                place=replace(CONTACTS_START, path=r"/contacts/delta\?\$skiptoken"),
                times=2,
            ),
        ),
    ),
    Row(
        name="a lost place and then a mailbox that reads empty",
        strikes=(
            Strike(kind="gone", place=CONTACTS_SINCE, times=FOREVER),
            Strike(
                kind="empty_list",
                place=replace(CONTACTS_START, path="/contacts(/delta)?\\?"),
                times=FOREVER,
            ),
        ),
        outcome=Held(CONTACTS),
        phases=(Phase.NIGHT,),
        full=True,
    ),
    *_row(
        "403 for all purposes",
        "status",
        PURPOSES,
        status=403,
        code="ErrorAccessDenied",
        times=FOREVER,
        subject="shared",
        outcome=Believed(),
        phases=(Phase.FIRST,),
        full=True,
    ),
    *_row(
        "404 for one purpose",
        "status",
        ONE_PURPOSE,
        status=404,
        code="MailboxNotEnabledForRESTAPI",
        times=FOREVER,
        subject="shared",
        outcome=Lacking(),
        phases=(Phase.FIRST,),
    ),
    *_row(
        "500 for one purpose",
        "status",
        ONE_PURPOSE,
        status=500,
        code="ErrorInternalServerError",
        times=FOREVER,
        subject="shared",
        outcome=Lacking(),
        phases=(Phase.FIRST,),
        short=False,
    ),
)

PICTURES = (
    *(
        row
        for code in (
            "ImageNotFound",
            "ErrorItemNotFound",
            "GetUserPhoto",
            "ErrorEntityNotFound",
            "ErrorNonExistentMailbox",
            "MailboxNotHostedInExchangeOnline",
        )
        for row in _row(f"404 {code}", "photo_not_found", ONE_TAG, subject="faceless", code=code)
    ),
    *_row("the 1x1 picture", "photo_placeholder", ONE_TAG, subject="faceless"),
    *_row(
        "403",
        "status",
        ONE_TAG,
        status=403,
        code="ErrorAccessDenied",
        subject="pictured",
        outcome=Lacking("photo-not-read"),
    ),
    *_row(
        "404 after its tag was there",
        "photo_not_found",
        ONE_BYTES,
        times=FOREVER,
        subject="pictured",
        outcome=Lacking("photo-not-read"),
        phases=(Phase.FIRST,),
    ),
)

BATCHES = (
    *_row("424 for the whole", "batch_424", BATCH, scope="outer", times=2),
    *_row("424 for all items", "batch_424", BATCH, scope="items", times=2),
    *_row("answers in another order", "reorder", BATCH, times=FOREVER),
    *_row("an answer left out", "mangle", BATCH, target="/responses/0", remove=True, times=2),
    *_row("all answers left out", "mangle", BATCH, target="/responses", value=[]),
    *_row("null instead of the answers", "mangle", BATCH, target="/responses"),
    *_row("bodies of null", "mangle", BATCH, target="/responses/*/body", times=2),
    *_row("bodies left out", "mangle", BATCH, target="/responses/*/body", remove=True),
    *_row("bodies that are no base64", "mangle", BATCH, target="/responses/*/body", value="#"),
    *_row("headers of null", "mangle", BATCH, target="/responses/*/headers", times=FOREVER),
    *_row(
        "400 for ever",
        "status",
        BATCH,
        short=False,
        status=400,
        code="BadRequest",
        times=FOREVER,
        outcome=Failed("unexpected-answer", ("400 BadRequest", "request id"), (*PHOTOS, *CONTACTS)),
    ),
    *_row(
        "503 for ever",
        "status",
        BATCH,
        status=503,
        times=FOREVER,
        outcome=Failed("try-later", ("503", "request id"), (*PHOTOS, *CONTACTS)),
    ),
)

REFUSALS = (
    *_row(
        "403 for ever",
        "status",
        USERS_FIRST,
        status=403,
        code="Authorization_RequestDenied",
        times=FOREVER,
        outcome=Failed("permission-missing", ("User.Read.All", "request id")),
    ),
    *_row(
        "403 Authorization_IdentityNotFound",
        "status",
        USERS_SINCE,
        status=403,
        code="Authorization_IdentityNotFound",
        times=FOREVER,
        short=False,
        outcome=Failed("application-unknown", ("request id",)),
    ),
    *_row(
        "501",
        "status",
        USERS_FIRST,
        status=501,
        code="NotImplemented",
        outcome=Failed("unexpected-answer", ("501 NotImplemented", "request id")),
    ),
    *_row(
        "503 for ever",
        "status",
        USERS_MIDDLE,
        status=503,
        times=FOREVER,
        outcome=Failed("try-later", ("503", "request id")),
    ),
    *_row(
        "429 for an hour",
        "throttle",
        USERS_SINCE,
        retry_after=3600,
        outcome=Failed("try-later", ("3600 seconds",)),
    ),
    *_row(
        "connections closed for ever",
        "close",
        USERS_SINCE,
        times=FOREVER,
        short=False,
        outcome=Failed("try-later", ("client-request-id",)),
    ),
)

SPECIAL = (
    *TOKENS,
    *LOST_PLACES,
    *PAGES,
    *VALUES,
    *MAILBOXES,
    *PICTURES,
    *BATCHES,
    *REFUSALS,
)
"""What does not simply pass, and what only one place knows."""

ROWS = (*passing_rows(), *SPECIAL)
