"""What strikes photos, and batches as a whole, and does not simply pass."""

from tests.integration.faults.outcomes import CONTACTS, PHOTOS, Failed, Lacking
from tests.integration.faults.places import BATCH, BYTES, TAGS, Phase
from tests.integration.faults.row import FOREVER, part_of, rows_at

ONE_TAG = part_of(TAGS, r"/users/{subject}/photo$")
ONE_BYTES = part_of(BYTES, r"/users/{subject}/photo.*/\$value$")

NO_PHOTO = (
    "ImageNotFound",
    "ErrorItemNotFound",
    "GetUserPhoto",
    "ErrorEntityNotFound",
    "ErrorNonExistentMailbox",
    "MailboxNotHostedInExchangeOnline",
)
SHORT_CODES = ("ImageNotFound", "ErrorEntityNotFound")

PICTURES = (
    *(
        row
        for code in NO_PHOTO
        for row in rows_at(
            f"404 {code}",
            "photo_not_found",
            ONE_TAG,
            subject="faceless",
            code=code,
            short=code in SHORT_CODES,
        )
    ),
    *rows_at("the 1x1 picture", "photo_placeholder", ONE_TAG, subject="faceless"),
    *rows_at(
        "403",
        "status",
        ONE_TAG,
        status=403,
        code="ErrorAccessDenied",
        subject="pictured",
        outcome=Lacking("photo-not-read"),
    ),
    *rows_at(
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
    *rows_at(
        "400 for ever",
        "status",
        BATCH,
        short=False,
        status=400,
        code="BadRequest",
        times=FOREVER,
        outcome=Failed("unexpected-answer", ("400 BadRequest", "request id"), (*PHOTOS, *CONTACTS)),
    ),
    *rows_at(
        "503 for ever",
        "status",
        BATCH,
        status=503,
        times=FOREVER,
        outcome=Failed("try-later", ("503", "request id"), (*PHOTOS, *CONTACTS)),
    ),
)

BATCH_ROWS = (*PICTURES, *BATCHES)
