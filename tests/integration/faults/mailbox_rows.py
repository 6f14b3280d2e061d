"""What strikes the reading of mailboxes: folders, contacts, purposes."""

from dataclasses import replace

from tests.integration.faults.outcomes import (
    CONTACTS,
    PEOPLE,
    PHOTOS,
    Believed,
    Held,
    Lacking,
    Told,
)
from tests.integration.faults.places import (
    CHILDREN,
    CONTACTS_SINCE,
    CONTACTS_START,
    FOLDERS,
    PURPOSES,
    Phase,
)
from tests.integration.faults.row import FOREVER, Row, Strike, part_of, rows_at

ONE_MAILBOX = part_of(CONTACTS_START, r"/users/{subject}/contact", "one mailbox")
ONE_FOLDERS = part_of(FOLDERS, r"/users/{subject}/contactFolders\?")
ONE_CHILDREN = part_of(CHILDREN, r"/users/{subject}/contactFolders/[^/]+/childFolders\?")
ONE_SUBFOLDER = part_of(
    CONTACTS_SINCE, r"/users/{subject}/contactFolders/AQ[^/]+/contacts", "a sub-folder of one"
)
ONE_START = part_of(CONTACTS_START, r"/users/{subject}/contactFolders/contacts/contacts/delta\?")
ONE_PURPOSE = part_of(PURPOSES, r"/users/{subject}/mailboxSettings")

LOST_PLACES = (
    *rows_at("410 SyncStateNotFound", "gone", CONTACTS_SINCE, times=4),
    *rows_at("410 syncstatenotfound", "gone", CONTACTS_SINCE, code="syncstatenotfound"),
    *rows_at("400 SyncStateInvalid", "gone", CONTACTS_SINCE, status=400, code="SyncStateInvalid"),
    *rows_at("410 on the first request", "gone", CONTACTS_START, times=2),
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
)

PAGES = (
    *rows_at("an empty page", "empty_page", CONTACTS_START, CONTACTS_SINCE, times=2),
    *rows_at("records that come twice", "repeat_records", CONTACTS_START, count=2),
    *rows_at("records in another order", "reorder", CONTACTS_START, times=FOREVER),
    *rows_at("null instead of the records", "null_list", FOLDERS, CONTACTS_START),
    *rows_at(
        "a contact without an id", "mangle", CONTACTS_START, target="/value/0/id", remove=True
    ),
    *rows_at(
        "a foreign link",
        "foreign_next_link",
        ONE_MAILBOX,
        times=FOREVER,
        subject="person",
        outcome=Lacking("foreign-link"),
    ),
    *(
        row
        for status, code in (
            (400, "BadRequest"),
            (404, "ResourceNotFound"),
            (501, "NotImplemented"),
        )
        for row in rows_at(
            f"{status} for delta", "status", CONTACTS_START, status=status, code=code, times=FOREVER
        )
    ),
)

VALUES = (
    *rows_at(
        "null where mail addresses belong",
        "null_list",
        CONTACTS_START,
        property="emailAddresses",
        times=FOREVER,
        outcome=Told(("emails", "fingerprint"), wanted='"emails": []'),
        full=True,
    ),
    *rows_at(
        "a name of 300 characters",
        "mangle",
        CONTACTS_START,
        target="/value/0/surname",
        value="x" * 300,
        outcome=Told(("last_name", "fingerprint"), wanted='"last_name": "' + "x" * 300),
        phases=(Phase.FIRST,),
        full=True,
    ),
    *rows_at(
        "a list where a phone belongs",
        "mangle",
        ONE_START,
        target="/value/0/mobilePhone",
        value=[],
        subject="person",
        outcome=Lacking("unreadable-contacts"),
        phases=(Phase.FIRST,),
    ),
)

REFUSALS = (
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
SHORT_CODES = ("ErrorAccessDenied", "MailboxNotEnabledForRESTAPI", "ResourceNotFound")

MAILBOXES = (
    *(
        row
        for status, code, problem in REFUSALS
        for row in rows_at(
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
    *rows_at(
        "429 for ever",
        "throttle",
        ONE_MAILBOX,
        retry_after=1,
        times=FOREVER,
        subject="shared",
        outcome=Lacking("mailbox-not-read"),
    ),
    *rows_at(
        "410",
        "gone",
        ONE_FOLDERS,
        times=FOREVER,
        subject="person",
        outcome=Lacking("mailbox-not-read"),
        short=False,
    ),
    *rows_at(
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
    *rows_at(
        "404 ErrorItemNotFound",
        "status",
        ONE_CHILDREN,
        status=404,
        code="ErrorItemNotFound",
        subject="person",
        outcome=Lacking("mailbox-not-read"),
    ),
)

PURPOSE_ROWS = (
    *rows_at(
        "403 for all purposes",
        "status",
        PURPOSES,
        status=403,
        code="ErrorAccessDenied",
        times=FOREVER,
        outcome=Believed(done=(*PEOPLE, *PHOTOS), problem="shared-mailboxes-unknown"),
        phases=(Phase.FIRST,),
        full=True,
    ),
    *rows_at(
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
    *rows_at(
        "500 for one purpose",
        "status",
        ONE_PURPOSE,
        status=500,
        code="ErrorInternalServerError",
        times=FOREVER,
        subject="shared",
        outcome=Lacking("purpose-not-read"),
        phases=(Phase.FIRST,),
        short=False,
    ),
)

MAILBOX_ROWS = (*LOST_PLACES, *PAGES, *VALUES, *MAILBOXES, *PURPOSE_ROWS)
