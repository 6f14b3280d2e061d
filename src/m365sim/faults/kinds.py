"""The kinds of faults, as tests write them in JSON: `{"fault": "throttle", "retry_after": 3, …}`.

Only their data; what they do is in `answering` (an answer instead of the real one) and in
`bending` (the real answer, changed).
"""

from typing import Literal

from msgspec import Struct, field


class Match(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which requests a fault strikes; what is not given matches all."""

    host: Literal["login", "graph"] = "graph"
    method: str | None = None
    path: str | None = None
    """A regular expression searched in path and query, percent-decoded."""
    directory: str | None = None
    in_batch: bool | None = None
    """True: only items of a batch; False: only requests of their own."""
    nth: int | None = None
    """Only the nth request that matches, counted from 1."""


class Fault(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="fault"):
    """What all faults have in common."""

    match: Match = field(default_factory=Match)
    times: int | None = 1
    """How many matching requests it strikes; None: all."""
    after: int = 0
    """How many matching requests it lets pass first."""


class Throttle(Fault, frozen=True, tag="throttle"):
    """429, for the directory or for one mailbox."""

    retry_after: int | float | Literal["http-date"] | None = 10
    seconds: int = 10
    """How far away an http-date is."""
    scope: Literal["directory", "mailbox"] | None = None
    """By default what the path belongs to."""


class Status(Fault, frozen=True, tag="status"):
    """Any status with any body."""

    status: int
    code: str = "UnknownError"
    message: str = "The simulator was told to fail."
    body: str | None = None
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    close: bool = False
    """Close the connection after the answer."""


class Html(Fault, frozen=True, tag="html"):
    """A gateway's page instead of JSON."""

    status: int = 504
    body: str = (
        "<html><head><title>Gateway Timeout</title></head><body>Gateway Timeout</body></html>"
    )


class Close(Fault, frozen=True, tag="close"):
    """The connection is dropped before the answer or in the middle of its body."""

    where: Literal["before", "middle"] = "before"


class Truncate(Fault, frozen=True, tag="truncate"):
    """The body is cut, and the length says that it is whole."""

    keep: float = 0.5


class Delay(Fault, frozen=True, tag="delay"):
    """The answer, or the second half of its body, comes late."""

    seconds: float
    where: Literal["before", "middle"] = "before"


class EmptyPage(Fault, frozen=True, tag="empty_page"):
    """A page without records and a link to the real one."""


class EmptyList(Fault, frozen=True, tag="empty_list"):
    """200 with no records and, in a round, a deltaLink."""


class WrongContentType(Fault, frozen=True, tag="wrong_content_type"):
    """The right body under another name."""

    content_type: str = "text/plain"


class ForeignNextLink(Fault, frozen=True, tag="foreign_next_link"):
    """nextLink and deltaLink point to another host."""

    host: str = "graph.attacker.example"
    scheme: str = "https"


class NullList(Fault, frozen=True, tag="null_list"):
    """null where a list belongs: the page's own, or a property of each record."""

    property: str = "value"


class UnknownProperties(Fault, frozen=True, tag="unknown_properties"):
    """Properties and annotations nobody has heard of."""


class RepeatRecords(Fault, frozen=True, tag="repeat_records"):
    """The first records of a page come again in the next one, or twice in an only one."""

    count: int = 1


class ShufflePages(Fault, frozen=True, tag="shuffle_pages"):
    """A round of users/delta comes in another order; it has to strike its first request."""

    seed: int = 1


class Reorder(Fault, frozen=True, tag="reorder"):
    """The records of a page, or the responses of a batch, in reverse order."""


class Gone(Fault, frozen=True, tag="gone"):
    """The token is lost: start over."""

    status: int = 410
    code: str = "SyncStateNotFound"
    location: bool | str = False
    """True: the start of the same round; text: that."""


class Unauthorized(Fault, frozen=True, tag="unauthorized"):
    """401: the token is not accepted."""

    code: str = "InvalidAuthenticationToken"
    message: str = "Access token has expired or is not yet valid."


class Aadsts(Fault, frozen=True, tag="aadsts"):
    """Any refusal of the token endpoint, by its number."""

    code: int
    retry_after: int | None = None


class NoRoles(Fault, frozen=True, tag="no_roles"):
    """A token as if nothing had been granted."""


class BentIdToken(Fault, frozen=True, tag="id_token"):
    """An id token that is not as it should be. `match.host` is login, `match.path` `/token`."""

    claims: dict[str, object] = field(default_factory=dict)
    """Claims that get these values."""
    remove: tuple[str, ...] = ()
    """Claims that are missing."""
    shift: dict[str, float] = field(default_factory=dict)
    """Seconds by which claims that are times are moved."""
    prepend: str = ""
    """Members put as text before the claims, so that one can be there twice."""
    append: str = ""
    """Members put as text after the claims."""
    raw: str | None = None
    """A text instead of the claims, JSON or not."""
    header: dict[str, object] = field(default_factory=dict)
    """Members of the header that get these values; null takes one away."""
    alg: Literal["RS256", "RS384", "RS512", "PS256", "HS256", "none"] = "RS256"
    """HS256 signs with the published key, written as PEM, for a secret."""
    signed_by: str = ""
    """`unpublished`, or the directory whose key signs; such a one gets a key of its own."""
    signature: Literal["right", "broken", "empty"] = "right"
    size: int = 0
    """The least number of characters of the whole token."""
    token: str | None = None
    """A text instead of the whole token."""
    missing: bool = False
    """The answer has no id token."""


class PhotoNotFound(Fault, frozen=True, tag="photo_not_found"):
    """404 with one of the codes seen in the wild. Contract e."""

    code: Literal[
        "ImageNotFound",
        "ErrorItemNotFound",
        "GetUserPhoto",
        "ErrorEntityNotFound",
        "ErrorNonExistentMailbox",
        "MailboxNotHostedInExchangeOnline",
    ] = "ImageNotFound"


class PhotoPlaceholder(Fault, frozen=True, tag="photo_placeholder"):
    """No photo, said as a GIF of one pixel with an empty tag."""


class Batch424(Fault, frozen=True, tag="batch_424"):
    """A batch fails for a throttled item: as a whole, or all its items."""

    scope: Literal["outer", "items"] = "outer"


class Mangle(Fault, frozen=True, tag="mangle"):
    """A value in the JSON is replaced or taken away.

    `target` is a JSON pointer in which `*` stands for every element: `/value/*/displayName`.
    """

    target: str
    value: object = None
    remove: bool = False


class Headers(Fault, frozen=True, tag="headers"):
    """More headers on a good answer."""

    headers: dict[str, str]


AnyFault = (
    Throttle
    | Status
    | Html
    | Close
    | Truncate
    | Delay
    | EmptyPage
    | EmptyList
    | WrongContentType
    | ForeignNextLink
    | NullList
    | UnknownProperties
    | RepeatRecords
    | ShufflePages
    | Reorder
    | Gone
    | Unauthorized
    | Aadsts
    | NoRoles
    | BentIdToken
    | PhotoNotFound
    | PhotoPlaceholder
    | Batch424
    | Mangle
    | Headers
)
