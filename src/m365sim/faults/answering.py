"""Faults that put another answer in the place of the real one."""

from m365sim.answers import Answer, GraphError, Marks, error_answer
from m365sim.clock import http_date
from m365sim.faults.kinds import (
    AnyFault,
    Batch424,
    Gone,
    Html,
    PhotoNotFound,
    Status,
    Throttle,
    Unauthorized,
)
from m365sim.faults.rules import Subject

PHOTO_MESSAGES = {
    "ErrorEntityNotFound": (
        "Exception of type 'Microsoft.Fast.Profile.Core.Exception.ImageNotFoundException' "
        "was thrown."
    ),
    "ErrorNonExistentMailbox": "The SMTP address has no mailbox associated with it.",
    "MailboxNotHostedInExchangeOnline": (
        "Mailbox is hosted by an on-premise or non-Exchange server, which is not supported."
    ),
}
MAILBOX_WORDS = ("/contacts", "/contactfolders", "/photo", "/mailboxsettings")


def answer_instead(fault: AnyFault, subject: Subject, marks: Marks, now: float) -> Answer | None:
    """Return what a fault answers without asking the service; None when it does not."""
    match fault:
        case Throttle():
            return error_answer(_throttled(fault, subject, now), marks)
        case Status():
            return _any_status(fault, marks)
        case Html():
            return Answer(fault.status, fault.body.encode(), "text/html")
        case Gone():
            return error_answer(_gone(fault, subject), marks)
        case Unauthorized():
            return error_answer(unauthorized(fault.message, code=fault.code), marks)
        case PhotoNotFound():
            return error_answer(photo_not_found(fault.code), marks)
        case Batch424() if fault.scope == "outer" and subject.path.endswith("$batch"):
            return error_answer(failed_dependency(), marks)
        case _:
            return None


def photo_not_found(code: str) -> GraphError:
    """Say that there is no photo, with one of Microsoft's codes."""
    return GraphError(404, code, PHOTO_MESSAGES.get(code, "The photo wasn't found."))


def unauthorized(message: str, *, code: str = "InvalidAuthenticationToken") -> GraphError:
    """Refuse a token."""
    challenge = (
        'Bearer realm="", '
        'authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", '
        'client_id="00000003-0000-0000-c000-000000000000"'
    )
    return GraphError(401, code, message, headers={"WWW-Authenticate": challenge})


def failed_dependency() -> GraphError:
    """Say that something this depends on failed."""
    return GraphError(424, "FailedDependency", "Failed Dependency")


def mailbox_throttled(retry_after: str | None = "10") -> GraphError:
    """Say that one mailbox is asked too much."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return GraphError(
        429,
        "ApplicationThrottled",
        "Application is over its MailboxConcurrency limit.",
        headers=headers,
    )


def _throttled(fault: Throttle, subject: Subject, now: float) -> GraphError:
    match fault.retry_after:
        case None:
            retry_after = None
        case "http-date":
            retry_after = http_date(now + fault.seconds)
        case seconds:
            retry_after = str(seconds)
    mailbox = fault.scope == "mailbox" or (
        fault.scope is None and any(word in subject.path.lower() for word in MAILBOX_WORDS)
    )
    if mailbox:
        return mailbox_throttled(retry_after)
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    headers["x-ms-throttle-scope"] = f"Tenant_Application/ReadWrite/simulated/{subject.directory}"
    headers["x-ms-throttle-information"] = "ResourceUnitLimitExceeded"
    return GraphError(429, "TooManyRequests", "Please retry again later.", headers=headers)


def _any_status(fault: Status, marks: Marks) -> Answer:
    if fault.body is not None:
        return Answer(fault.status, fault.body.encode(), fault.content_type, fault.headers)
    error = GraphError(fault.status, fault.code, fault.message, headers=fault.headers)
    answer = error_answer(error, marks)
    return Answer(answer.status, answer.body, fault.content_type, answer.headers)


def _gone(fault: Gone, subject: Subject) -> GraphError:
    headers: dict[str, str] = {}
    if isinstance(fault.location, str):
        headers["Location"] = fault.location
    elif fault.location:
        headers["Location"] = subject.origin + subject.path.partition("?")[0] + "?$deltatoken="
    message = "The sync state generation is not found; generation=149;[highest=157][157][155][156]."
    return GraphError(fault.status, fault.code, message, headers=headers)
