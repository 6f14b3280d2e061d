"""What can go wrong, named by who can mend it.

StoppedError                this run must end now, and nobody did anything wrong
├── FencedError             another worker has taken over
├── HandOverError           its worker is to stop, another one goes on with it
└── CancelRequestedError    somebody asked for it

SyncError
├── TransientError      nobody: it goes away by itself, a later run will do
├── SetupError          the administrator: a code, a sentence, a how-to page
├── ContractError       us: the other side said something that we do not understand
└── OutdatedError       nobody: the PBX changed under a plan, so the plan is made anew
"""


class SyncError(Exception):
    """A run or a stage cannot go on. `code` is stable, `str()` is the sentence people read."""

    default_code = "failed"

    def __init__(self, message: str, *, code: str = "", help_page: str = "") -> None:
        super().__init__(message)
        self.code = code or self.default_code
        self.help_page = help_page


class TransientError(SyncError):
    """The other side is out of order for now."""

    default_code = "try-later"


class SetupError(SyncError):
    """Somebody has to change something; the sentence says who and what."""

    default_code = "setup"


class ContractError(SyncError):
    """An answer that the contract does not allow."""

    default_code = "unexpected-answer"


class OutdatedError(SyncError):
    """A row that the plan touches has changed since the plan was made."""

    default_code = "outdated"


def passes_by_itself(error: SyncError) -> bool:
    """Tell whether nobody need mend this: it is worth trying again later."""
    return isinstance(error, TransientError | OutdatedError)


class StoppedError(Exception):
    """This run must end now. What it committed stays."""


class FencedError(StoppedError):
    """Another worker has taken over this run."""


class CancelRequestedError(StoppedError):
    """Somebody asked to cancel this run."""


class HandOverError(StoppedError):
    """The worker of this run is to stop: another one goes on with it."""
