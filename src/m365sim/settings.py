"""What a test may set while the simulator runs; faults have rules of their own."""

from msgspec import Struct


class Settings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The knobs, with the values Microsoft's services show by default."""

    users_page_size: int = 100
    """Records in a page of users/delta, and of a directory list without $top."""
    users_page_size_follows_prefer: bool = True
    """Prefer: odata.maxpagesize sets the size of users/delta pages, up to 999."""
    outlook_page_size: int = 10
    immutable_ids: bool = False
    """Contacts have immutable ids also for those who do not prefer them."""
    removed_in_first_round: bool = True
    """A first round of users/delta also names people who are gone."""
    users_delta_days: float = 7
    mailbox_generations: int | None = None
    """Changes in a mailbox after which its older delta tokens are lost; None: never."""
    delta_unsupported_status: int = 400
    """What a cloud without contact delta answers: 400, 404 or 501."""
    token_lifetime: int = 3599
    code_lifetime: int = 600
    wrong_password: str = "wrong"  # noqa: S105 - it opens nothing
    """The one password that is refused at the sign-in page; any other text is right."""
    silent_sign_on: bool = False
    """The only account of a browser signs in without being picked."""
    batch_mailbox_items: int = 4
    """Items of one batch that Outlook serves for the same mailbox at a time."""
    gzip: bool = True
    directory_limits: bool = False
    outlook_limits: bool = False
    limit_scale: float = 1.0
    """Factor on all limits, so that a test can reach them."""
    directory_latency_ms: float = 0
    outlook_latency_ms: float = 0
    missing_photo: str = "404"
    """What stands for "no photo": 404, or gif for the 1x1 picture of old."""
