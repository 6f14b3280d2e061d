"""Who may come in, who must leave, and the sentence that says why."""

from rollcall.core.plan import LeaveReason, RefusalReason, Refused
from rollcall.core.policy import Names, UserPolicy
from rollcall.core.records import UserRecord


def leave_reason(record: UserRecord | None, policy: UserPolicy) -> LeaveReason | None:
    """Return why this person, who has an extension, is a leaver; None if they are not.

    `record` is None when the directory no longer has the object. An empty name makes nobody a
    leaver.
    """
    if record is None:
        return LeaveReason.DELETED
    if not record.enabled:
        return LeaveReason.DISABLED
    if not policy.selection.includes(record.source_id):
        return LeaveReason.NOT_SELECTED
    if record.guest and not policy.guests:
        return LeaveReason.GUEST
    return None


def entry_refusal(record: UserRecord, policy: UserPolicy) -> Refused | None:
    """Return why this person, who has no extension, may not come in; None if they may."""
    reason = _entry_reason(record, policy)
    if reason is None:
        return None
    return Refused(source_id=record.source_id, reason=reason, detail=_DETAILS[reason])


def _entry_reason(record: UserRecord, policy: UserPolicy) -> RefusalReason | None:
    if record.guest and not policy.guests:
        return RefusalReason.GUEST
    if not record.enabled:
        return RefusalReason.DISABLED
    if not policy.selection.includes(record.source_id):
        return RefusalReason.NOT_SELECTED
    if not _has_name(record, policy.names):
        return RefusalReason.NO_NAME
    return None


def _has_name(record: UserRecord, names: Names) -> bool:
    match names:
        case Names.SKIP:
            return record.named
        case Names.DISPLAY_NAME:
            return record.named or bool(record.display_name)


_DETAILS = {
    RefusalReason.GUEST: "A guest of the directory; guests are switched off.",
    RefusalReason.DISABLED: "The account is disabled in the directory.",
    RefusalReason.NOT_SELECTED: "Not in the selection of people.",
    RefusalReason.NO_NAME: (
        "Neither first nor last name. Fill one in at the directory, or let the display name do."
    ),
}
