"""How a run is shown: one line, its changes, its refusals, its problems."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.text import Text

from rollcall.cli.output import (
    cell,
    console,
    make_table,
    plural,
    say,
    show_duration,
    show_time,
)
from rollcall.core.policy import Stage
from rollcall.integrations.queries import person_names
from rollcall.integrations.runs import ChangeView, RunView
from rollcall.tenants.queries import get_tenant

SHOWN = 25
"""Lines of each kind in a summary; the report shows all."""

NAMED = 3
"""Problems of a kind that a summary names; more are counted."""

STATE_STYLES = {
    "applied": "green",
    "planned": "cyan",
    "held": "yellow",
    "running": "cyan",
    "failed": "red",
    "cancelled": "yellow",
}
WORDS = {
    "created": "new",
    "linked": "linked",
    "changed": "changed",
    "blocked": "blocked",
    "released": "released",
    "returned": "returned",
    "unchanged": "unchanged",
    "refused": "refused",
}
REMOVED = {"released": "removed"}
REASONS = {
    "new": "lowest free number",
    "assigned": "number kept by an import",
    "same-mail": "same mail address",
    "decided": "decided by hand",
    "directory": "changed in the directory",
    "disabled": "account disabled",
    "deleted": "account deleted",
    "not-selected": "out of the selection",
    "guest": "guests switched off",
    "deleted-by-hand": "deleted by hand",
    "back": "back in the directory",
    "keep-working": "leavers keep working",
}
ACTION_STYLES = {"created": "green", "returned": "green", "blocked": "red", "released": "red"}
STATES = {
    "applied": "Done",
    "planned": "This would change",
    "held": "Held",
    "failed": "Failed",
    "cancelled": "Cancelled",
    "discarded": "Discarded",
    "superseded": "Out of date",
    "queued": "Waiting",
    "running": "Going on",
}


def show_report(view: RunView, *, everything: bool = False) -> None:
    """Print a run; a summary, or everything."""
    limit = None if everything else SHOWN
    _show_changes(view, limit)
    _show_refusals(view, limit)
    _show_problems(view, limit)
    if view.hold and view.state == "planned":
        say(f"A guard would hold this: {view.hold}", "yellow")
    elif view.hold:
        say(f"Held: {view.hold}", "yellow")
        say(f"rollcall sync approve {view.id}   or   rollcall sync discard {view.id}", "dim")
    for stage, counts in view.counts.items():
        console.print(_stage_line(Stage(stage), counts))
    console.print(summary_line(view))


def summary_line(view: RunView) -> Text:
    """Return a run in one line."""
    line = Text()
    line.append(STATES[view.state], STATE_STYLES.get(view.state, ""))
    line.append(f": {_changes_in_words(view)}" if view.counts else "")
    if view.started_at and view.finished_at:
        seconds = (view.finished_at - view.started_at).total_seconds()
        line.append(f", in {show_duration(seconds)}")
    cost = plural(view.requests, "request")
    if view.throttled_seconds:
        cost += f", {show_duration(view.throttled_seconds)} waiting for Microsoft"
    line.append(f" (run {view.id}, {cost})", "dim")
    return line


def _changes_in_words(view: RunView) -> str:
    total = sum(
        count
        for counts in view.counts.values()
        for name, count in counts.items()
        if name not in {"unchanged", "refused"}
    )
    return plural(total, "change")


def _stage_line(stage: Stage, counts: dict[str, int] | object) -> Text:
    words = WORDS if stage is Stage.USERS else {**WORDS, **REMOVED}
    values = counts if isinstance(counts, dict) else {}
    parts = [f"{count:,} {words[name]}" for name, count in values.items() if count]
    line = Text(f"{stage.value:<18}", "bold")
    line.append(", ".join(parts) or "nothing", "")
    return line


def _show_changes(view: RunView, limit: int | None) -> None:
    if not view.changes:
        return
    table = make_table("number", "name", "what", "fields", "why")
    for change in view.changes[:limit]:
        table.add_row(
            cell(change.number, "bold"),
            cell(change.name),
            cell(WORDS[change.action], ACTION_STYLES.get(change.action, "")),
            cell(_fields(change)),
            cell(REASONS.get(change.reason, change.reason), "dim"),
        )
    console.print(table)
    _say_more(len(view.changes), limit, view)


def _fields(change: ChangeView) -> str:
    return "\n".join(
        f"{name.replace('_', ' ')}: {old or '–'} → {new or '–'}"
        for name, (old, new) in change.fields.items()
    )


def _show_refusals(view: RunView, limit: int | None) -> None:
    if not view.refusals:
        return
    if limit is not None and (len(view.refusals) > limit or not view.changes):
        reasons = Counter(refusal.reason for refusal in view.refusals)
        words = ", ".join(f"{count:,} {reason}" for reason, count in reasons.most_common())
        say(f"Not taken in: {words}. “rollcall sync report {view.id}” names them.", "dim")
        return
    table = make_table("not taken in", "reason", "why, and what would let them in")
    for refusal in view.refusals:
        table.add_row(
            cell(refusal.name or refusal.directory_object_id),
            cell(refusal.reason, "yellow"),
            cell(refusal.detail, "dim"),
        )
    console.print(table)


def _show_problems(view: RunView, limit: int | None) -> None:
    if not view.problems:
        return
    table = make_table("problem", "stage", "of", "what")
    subjects = {problem["subject"] for problem in view.problems}
    names = person_names(get_tenant(view.tenant).id, subjects)
    groups: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for each in view.problems:
        subject = names.get(each["subject"]) or each["subject"]
        groups.setdefault((each["code"], each["stage"]), []).append((subject, each["message"]))
    for (code, stage), problems in groups.items():
        gathered = limit is not None and len(problems) > NAMED
        for subject, message in [_gather(problems)] if gathered else problems:
            table.add_row(cell(code, "yellow"), cell(stage), cell(subject), cell(message))
    console.print(table)
    if limit is not None and any(len(problems) > NAMED for problems in groups.values()):
        say(f"Each by name: rollcall sync report {view.id}", "dim")


def _gather(problems: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Return one line for many of a kind, without what each one's answer said beside."""
    named = ", ".join(subject for subject, _ in problems[:NAMED])
    sentence, _, _ = problems[0][1].partition(" (")
    return f"{len(problems):,}: {named} …", sentence


def _say_more(count: int, limit: int | None, view: RunView) -> None:
    if limit is not None and count > limit:
        say(f"… and {count - limit:,} more: rollcall sync report {view.id}", "dim")


def show_runs(views: Sequence[RunView], now: datetime) -> None:
    """Print a table of runs."""
    if not views:
        say("No sync has run yet.")
        return
    table = make_table("run", "when", "asked by", "what", "result", "changes", "duration")
    for view in views:
        table.add_row(
            cell(view.id),
            cell(show_time(view.started_at or view.finished_at, now)),
            cell(view.asked_by, "dim"),
            cell("preview" if view.dry_run else "sync"),
            cell(view.state, STATE_STYLES.get(view.state, "")),
            cell(_signed(view.counts.values())),
            cell(_duration(view)),
        )
    console.print(table)


def _signed(stages: Iterable[object]) -> str:
    total: Counter[str] = Counter()
    for counts in stages:
        if isinstance(counts, dict):
            total.update(counts)
    plus = total["created"] + total["linked"] + total["returned"]
    minus = total["blocked"] + total["released"]
    return f"+{plus} −{minus} ~{total['changed']}"


def _duration(view: RunView) -> str:
    if view.started_at is None or view.finished_at is None:
        return ""
    return show_duration((view.finished_at - view.started_at).total_seconds())
