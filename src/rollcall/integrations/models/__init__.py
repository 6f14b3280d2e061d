"""Tables of the integrations app. Others call its queries and operations."""

from rollcall.integrations.models.domain import DirectoryDomain
from rollcall.integrations.models.integration import (
    Integration,
    KeyPair,
    LinkDecision,
    ListEntry,
    NumberAssignment,
)
from rollcall.integrations.models.ledger import (
    DirectoryRecord,
    HeldPlan,
    Reading,
    Refusal,
    RunChange,
    StagedPage,
    SyncRun,
)
from rollcall.integrations.models.schedule import RunTally, Schedule
from rollcall.integrations.models.setup_check import SetupCheck

__all__ = [
    "DirectoryDomain",
    "DirectoryRecord",
    "HeldPlan",
    "Integration",
    "KeyPair",
    "LinkDecision",
    "ListEntry",
    "NumberAssignment",
    "Reading",
    "Refusal",
    "RunChange",
    "RunTally",
    "Schedule",
    "SetupCheck",
    "StagedPage",
    "SyncRun",
]
