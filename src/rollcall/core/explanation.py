"""Why one person is, or is not, in the PBX: the five steps of a plan, in words."""

import msgspec

from rollcall.core.eligibility import entry_refusal, leave_reason
from rollcall.core.plan import ExtensionState, KnownExtension, RefusalReason
from rollcall.core.policy import UserPolicy
from rollcall.core.records import UserRecord

LEAVING = {
    "deleted": "the directory deleted the account",
    "disabled": "the account is disabled",
    "not-selected": "the person is not in the selection",
    "guest": "guests are switched off",
}


class Steps(msgspec.Struct, frozen=True):
    """What is true of a person at each step."""

    read: str
    in_scope: str
    match: str
    number: str
    action: str


class Standing(msgspec.Struct, frozen=True):
    """What the PBX knows of a person besides the record."""

    extension: KnownExtension | None = None
    refusal: RefusalReason | None = None
    detail: str = ""
    decision: str = ""
    assigned: int | None = None


def explain(
    record: UserRecord | None, *, removed: str, standing: Standing, policy: UserPolicy
) -> Steps:
    """Explain what the next run makes of a person, if the directory says nothing new."""
    current = None if removed else record
    return Steps(
        read=_read(record, removed),
        in_scope=_scope(current, standing, policy),
        match=_match(standing),
        number=_number(standing, policy),
        action=_action(current, standing, policy),
    )


def _read(record: UserRecord | None, removed: str) -> str:
    if record is None:
        return "The directory has this object, but its answer could not be understood yet."
    match removed:
        case "restorable":
            return "The directory deleted this account; it can be restored there for 30 days."
        case "gone":
            return "The directory no longer has this account."
        case _:
            return "Read from the directory."


def _scope(record: UserRecord | None, standing: Standing, policy: UserPolicy) -> str:
    if standing.extension is not None:
        reason = leave_reason(record, policy)
        return f"No: {LEAVING[reason]}." if reason else "Yes."
    if record is None:
        return "No: there is nobody."
    refusal = entry_refusal(record, policy)
    return f"No: {refusal.detail}" if refusal else "Yes."


def _match(standing: Standing) -> str:
    if standing.extension is not None:
        return f"Linked to extension {standing.extension.number}."
    if standing.decision:
        return standing.decision
    if standing.refusal is RefusalReason.LINK_PENDING:
        return standing.detail
    return "No extension is linked."


def _number(standing: Standing, policy: UserPolicy) -> str:
    extension = standing.extension
    if extension is not None:
        match extension.state:
            case ExtensionState.RELEASED:
                return f"{extension.number} was given back to the range."
            case _:
                kept = ", kept until the next run" if extension.deleted else ""
                return f"{extension.number}{kept}."
    if standing.assigned is not None:
        return f"{standing.assigned} is kept by an import."
    if standing.refusal is RefusalReason.RANGE_FULL:
        return standing.detail
    return f"The lowest free one of {policy.scope}, once in scope."


def _action(record: UserRecord | None, standing: Standing, policy: UserPolicy) -> str:
    extension = standing.extension
    if extension is None:
        return _entry_action(record, standing, policy)
    leaving = leave_reason(record, policy) is not None
    if extension.state is ExtensionState.RELEASED:
        if leaving:
            return "Nothing."
        full = standing.refusal is RefusalReason.RANGE_FULL
        return "Waits for a number." if full else "Comes back with the next run."
    if extension.deleted:
        return (
            "Number given back with the next run." if leaving else "Comes back with the next run."
        )
    if extension.state is ExtensionState.BLOCKED:
        return _blocked_action(policy) if leaving else "Comes back with the next run."
    if not leaving:
        return "None: up to date."
    if policy.leavers.keep:
        return "Keeps working."
    if policy.leavers.release_days == 0:
        return "Number given back with the next run."
    return "Is blocked with the next run."


def _blocked_action(policy: UserPolicy) -> str:
    if policy.leavers.keep:
        return "Works again with the next run: leavers keep working."
    days = policy.leavers.release_days
    if days is None:
        return "None: blocked, and the number is kept."
    return f"Blocked; the number is given back {days} days after that."


def _entry_action(record: UserRecord | None, standing: Standing, policy: UserPolicy) -> str:
    if record is None or entry_refusal(record, policy) is not None:
        return "None: stays out."
    if standing.refusal is RefusalReason.LINK_PENDING and not standing.decision:
        return "Waits for your decision."
    if standing.refusal is RefusalReason.RANGE_FULL:
        return "Waits for a number."
    return "Comes in with the next run."
