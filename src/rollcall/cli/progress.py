"""How far a run has come, on a terminal: a line a stage, with rate and remaining time."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text
from typing_extensions import override

from rollcall.cli.output import errors
from rollcall.core.policy import Stage
from rollcall.wiring.progress import Listener

NOUNS = {
    Stage.USERS: "people",
    Stage.PHOTOS: "photos",
    Stage.PERSONAL_CONTACTS: "mailboxes",
    Stage.COMPANY_CONTACTS: "shared mailboxes",
}


class RateColumn(ProgressColumn):
    """So many a second."""

    @override
    def render(self, task: Task) -> Text:
        """Show the rate once there is one."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "", style="dim")


@contextmanager
def shown_progress(*, quiet: bool) -> Iterator[Listener | None]:
    """Show progress on stderr while the block runs; nothing where nobody looks."""
    if quiet or not errors.is_terminal:
        yield None
        return
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        RateColumn(),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        console=errors,
        transient=True,
    ) as progress:
        yield _StageBars(progress)


class _StageBars:
    """A listener that keeps one bar a stage."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[Stage, TaskID] = {}

    def __call__(self, stage: Stage, done: int, total: int | None) -> None:
        if stage not in self._tasks:
            self._settle()
            self._tasks[stage] = self._progress.add_task(NOUNS[stage], total=total)
        self._progress.update(self._tasks[stage], completed=done, total=total)

    def _settle(self) -> None:
        """Show as full what had no known end, now that something else has begun."""
        for task in self._progress.tasks:
            if task.total is None:
                self._progress.update(task.id, total=task.completed)
